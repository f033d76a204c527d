import type { Command } from 'commander'
import { toTenantView } from '../../tenants/view.ts'
import { commandLineActor, withServices } from '../context.ts'
import { printJson, say, writeFailure } from '../output.ts'

export function verifyCommand(program: Command): void {
  program
    .command('verify')
    .description('check a tenant now: its tokens, its roles, a live call for each surface')
    .argument('<tenant>', 'tenant id or domain')
    .option('--json', 'print JSON')
    .action(async (tenant: string, { json }: { json?: boolean }) => {
      await withServices(async ({ discovery, tenants, verification }) => {
        const { tenantId } = await discovery.resolve(tenant)
        await tenants.get(commandLineActor, tenantId)
        const view = toTenantView(await verification.verifyNow(commandLineActor, tenantId))
        if (json) printJson(view)
        else {
          say(`${view.name} is ${view.status}.`)
          if (view.roles.missing.length > 0) say(`Missing: ${view.roles.missing.join(', ')}.`)
          if (view.lastError) say(writeFailure(view.lastError))
        }
        process.exitCode = view.status === 'connected' ? 0 : 1
      })
    })
}
