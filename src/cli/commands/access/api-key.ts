import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ApiKeyView } from '../../../staff/keys/api-keys.ts'
import { type StaffRole, staffRoles } from '../../../tenants/actor.ts'
import { readLimits, type TenantLimits } from '../../../tenants/limits.ts'
import { commandLineActor, withServices } from '../../context.ts'
import { printJson, printTable, say } from '../../output.ts'

type CreateOptions = {
  name: string
  role: StaffRole
  expiresInDays?: number
  tag: string[]
  tenant: string[]
  address: string[]
  json?: boolean
}

export function apiKeyCommands(program: Command): void {
  const apiKey = program.command('api-key').description('keys for programs that use the JSON API')

  apiKey
    .command('create')
    .description('make a key and print it once, alone on the last line')
    .requiredOption('--name <name>', 'what the key is for')
    .addOption(new Option('--role <role>', 'what it may do').choices([...staffRoles]).makeOptionMandatory())
    .option('--expires-in-days <days>', 'how long it works (TENANTRY_KEY_DAYS unless told)', wholeNumber)
    .option('--tag <tag...>', 'limit it to tenants that carry one of these tags', [])
    .option('--tenant <id...>', 'limit it to these tenants, beside those with a tag', [])
    .option('--address <network...>', 'let it be used from these addresses or networks only', [])
    .option('--json', 'print JSON')
    .action(async ({ name, role, expiresInDays, tag, tenant, address, json }: CreateOptions) => {
      const tenants = tag.length + tenant.length > 0 ? readLimits({ tags: tag, ids: tenant }) : 'all'
      await withServices(async ({ apiKeys }) => {
        const { key, view } = await apiKeys.create(commandLineActor, {
          name,
          role,
          tenants,
          addresses: address,
          ...(expiresInDays === undefined ? {} : { expiresInDays }),
        })
        if (json) return printJson({ ...view, key })
        say(
          `Made the ${role} key "${view.name}". It works until ${view.expiresAt.slice(0, 10)}, and is shown only now:`,
        )
        process.stdout.write(`${key}\n`)
      })
    })

  apiKey
    .command('list')
    .description('list the keys, those in use first')
    .option('--json', 'print JSON')
    .action(async ({ json }: { json?: boolean }) => {
      await withServices(async ({ apiKeys }) => {
        const keys = await apiKeys.list(commandLineActor)
        if (json) return printJson(keys)
        printTable(['ID', 'NAME', 'ROLE', 'SEES', 'EXPIRES', 'LAST USED', 'STATE'], keys.map(toRow))
      })
    })

  apiKey
    .command('revoke')
    .description('end a key: it is refused at once')
    .argument('<id>', 'as the list of keys has it')
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: { json?: boolean }) => {
      await withServices(async ({ apiKeys }) => {
        await apiKeys.revoke(commandLineActor, id)
        if (json) return printJson({ id, revoked: true })
        say('The key is revoked.')
      })
    })
}

function toRow(key: ApiKeyView): string[] {
  const used = key.lastUsedAt ? `${key.lastUsedAt.slice(0, 16)} ${key.lastUsedAddress ?? ''}`.trim() : 'never'
  return [
    key.id,
    key.name,
    key.role,
    limitsWords(key.tenants),
    key.expiresAt.slice(0, 10),
    used,
    key.stopped ?? 'works',
  ]
}

function limitsWords(limits: TenantLimits): string {
  if (limits === 'all') return 'all'
  return [...limits.tags, ...limits.ids].join(', ') || 'none'
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Write a number of days.')
}
