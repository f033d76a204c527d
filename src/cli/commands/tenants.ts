import { type Command, Option } from 'commander'
import type { TenantStatus } from '../../tenants/store.ts'
import { toTenantView } from '../../tenants/view.ts'
import { commandLineActor, withServices } from '../context.ts'
import { printJson, printTable, say } from '../output.ts'

export function tenantCommands(program: Command): void {
  program
    .command('tenants')
    .description('list tenants')
    .option('--search <text>', 'part of a name, a domain or a tenant id')
    .addOption(
      new Option('--status <status>').choices(['verifying', 'connected', 'degraded', 'disconnected']),
    )
    .option('--tag <tag>')
    .option('--json', 'print JSON')
    .action(
      async ({
        json,
        ...filters
      }: {
        search?: string
        status?: TenantStatus
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
              tenant.lastError?.code ?? null,
            ]),
          )
        })
      },
    )
}
