import type { Command } from 'commander'
import { prepareDatabase } from '../../../platform/database/migrations/prepare.ts'
import { withDatabase } from '../../context.ts'
import { printJson, say } from '../../output.ts'

export function migrateCommand(program: Command): void {
  program
    .command('migrate')
    .description('bring the database to this version, and nothing else')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      await withDatabase(async access => {
        const applied: string[] = []
        await prepareDatabase(access, name => applied.push(name))
        if (json) return printJson({ applied })
        for (const name of applied) say(`Applied ${name}`)
        say(
          applied.length === 0 ? 'The database is at this version.' : 'The database is at this version now.',
        )
      })
    })
}
