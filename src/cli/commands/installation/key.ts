import type { Command } from 'commander'
import { commandLineActor, withServices } from '../../context.ts'
import { printJson, say } from '../../output.ts'

/** The keys that seal stored values (TENANTRY_ENCRYPT). */
export function keyCommands(program: Command): void {
  program
    .command('key')
    .description('keys that seal what is stored')
    .command('rotate')
    .description('make a new key and seal everything with it, while servers run; goes on where it was ended')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      await withServices(async ({ keyRotation }) => {
        const rotated = await keyRotation.rotate(commandLineActor, done => {
          if (done % 3200 === 0) say(`${done} values sealed so far …`)
        })
        if (json) return printJson(rotated)
        const { keyId, isResumed, sealed, broken, removed } = rotated
        say(
          `${isResumed ? 'The unfinished rotation is done' : 'A new key seals from now on'}: ${keyId}, ${sealed} values sealed with it.`,
        )
        if (broken > 0) {
          say(
            `${broken} values cannot be opened: they were changed in the database, or moved to another row.`,
          )
          process.exitCode = 1
        }
        if (removed.length > 0) say(`Older keys that are gone: ${removed.join(', ')}.`)
      })
    })
}
