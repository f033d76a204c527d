import { type Command, Option } from 'commander'
import { type ShownStatus, shownStatuses } from '../../tenants/store.ts'
import { type TenantView, toTenantView } from '../../tenants/view.ts'
import { commandLineActor, withServices } from '../context.ts'
import { printJson, printTable, say } from '../output.ts'

export function tenantCommands(program: Command): void {
  program
    .command('tenants')
    .description('list tenants')
    .option('--search <text>', 'part of a name, a domain or a tenant id')
    .addOption(new Option('--status <status>').choices([...shownStatuses]))
    .option('--tag <tag>')
    .option('--json', 'print JSON')
    .action(
      async ({
        json,
        ...filters
      }: {
        search?: string
        status?: ShownStatus
        tag?: string
        json?: boolean
      }) => {
        await withServices(async ({ tenants }) => {
          const found = []
          let cursor: string | null = null
          do {
            const page = await tenants.list(commandLineActor, filters, { limit: 200, cursor })
            found.push(...page.items.map(toTenantView))
            cursor = page.nextCursor
          } while (cursor)
          if (json) return printJson(found)
          if (found.length === 0 && Object.keys(filters).length > 0) return say('No tenant fits.')
          if (found.length === 0)
            return say('No tenants. Connect the first one with "tenantry invite --customer NAME".')
          printTable(
            ['TENANT', 'NAME', 'DOMAIN', 'STATUS', 'MISSING ROLES', 'LAST ERROR'],
            found.map(tenant => [
              tenant.tenantId,
              tenant.name,
              tenant.domain,
              tenant.status,
              tenant.roles.missing.length,
              lastErrorOf(tenant),
            ]),
          )
        })
      },
    )
}

/** Our name for it and, where there is one, the service's. */
function lastErrorOf({ lastError }: TenantView): string | null {
  if (!lastError) return null
  return lastError.serviceCode ? `${lastError.code} (${lastError.serviceCode})` : lastError.code
}
