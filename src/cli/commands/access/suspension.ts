import type { Command } from 'commander'
import type { Services } from '../../../services.ts'
import { commandLineActor, withServices } from '../../context.ts'
import { printJson, say } from '../../output.ts'

/** The kill switch. It works while servers run, and stops them within a second. */
export function suspensionCommands(program: Command): void {
  program
    .command('suspend')
    .description('stop all calls to a tenant, or to every tenant')
    .argument('[tenant]', 'tenant id or domain; everything without it')
    .requiredOption('--reason <text>', 'why; everybody sees it while the suspension lasts')
    .option('--json', 'print JSON')
    .action(async (tenant: string | undefined, { reason, json }: { reason: string; json?: boolean }) => {
      await withServices(async services => {
        const tenantId = await idOf(services, tenant)
        const view = await services.suspension.suspend(commandLineActor, tenantId, reason)
        if (json) return printJson(view)
        say(
          `Suspended ${view.tenantName ?? 'everything'}. End it with "tenantry resume${tenantId ? ` ${tenantId}` : ''}".`,
        )
      })
    })

  program
    .command('resume')
    .description('let calls to a tenant, or to every tenant, go out again')
    .argument('[tenant]', 'tenant id or domain; everything without it')
    .option('--json', 'print JSON')
    .action(async (tenant: string | undefined, { json }: { json?: boolean }) => {
      await withServices(async services => {
        const tenantId = await idOf(services, tenant)
        const resumed = await services.suspension.resume(commandLineActor, tenantId)
        const suspended = await services.suspension.list(commandLineActor)
        if (json) return printJson({ resumed, suspended })
        say(resumed ? 'Calls go out again.' : 'It was not suspended.')
        for (const one of suspended)
          say(`Still suspended: ${one.tenantName ?? 'everything'} (${one.reason}).`)
      })
    })
}

/** A domain is looked up among the connected tenants: Microsoft need not answer for it. */
async function idOf({ tenants, discovery }: Services, tenant: string | undefined): Promise<string | null> {
  if (tenant === undefined) return null
  const { items } = await tenants.list(commandLineActor, { search: tenant }, { limit: 200 })
  const wanted = tenant.toLowerCase()
  const found = items.find(({ id, domain }) => id === wanted || domain?.toLowerCase() === wanted)
  return found?.id ?? (await discovery.resolve(tenant)).tenantId
}
