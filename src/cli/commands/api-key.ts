import { type Command, Option } from 'commander'
import type { StaffRole } from '../../tenants/actor.ts'
import { commandLineActor, withServices } from '../context.ts'
import { printJson, say } from '../output.ts'

export function apiKeyCommands(program: Command): void {
  const apiKey = program.command('api-key').description('keys for programs that use the JSON API')

  apiKey
    .command('create')
    .description('make a key and print it once, alone on the last line')
    .requiredOption('--name <name>', 'what the key is for')
    .addOption(
      new Option('--role <role>', 'what it may do')
        .choices(['admin', 'analyst', 'reader'])
        .makeOptionMandatory(),
    )
    .option('--tag <tag...>', 'limit it to tenants that carry one of these tags', [])
    .option('--json', 'print JSON')
    .action(
      async ({ name, role, tag, json }: { name: string; role: StaffRole; tag: string[]; json?: boolean }) => {
        await withServices(async ({ apiKeys }) => {
          const { key, view } = await apiKeys.create(commandLineActor, { name, role, limitedToTags: tag })
          if (json) return printJson({ ...view, key })
          say(`Made the ${role} key "${name}". It is shown only now:`)
          process.stdout.write(`${key}\n`)
        })
      },
    )
}
