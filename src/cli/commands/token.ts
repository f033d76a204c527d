import { type Command, Option } from 'commander'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import type { Surface } from '../../microsoft/clouds/clouds.ts'
import { commandLineActor, withServices } from '../context.ts'
import { printJson, say } from '../output.ts'

export function tokenCommand(program: Command): void {
  program
    .command('token')
    .description('take an app token for a tenant, for a look at its claims or for a call by hand')
    .argument('<tenant>', 'tenant id or domain')
    .addOption(
      new Option('--resource <resource>').choices(['graph', 'defender', 'endpoint']).default('graph'),
    )
    .option('--decode', 'print header and claims instead of the token')
    .option('--json', 'print JSON')
    .action(async (tenant: string, options: { resource: Surface; decode?: boolean; json?: boolean }) => {
      await withServices(async ({ discovery, tokens, audit }) => {
        const { tenantId } = await discovery.resolve(tenant)
        const token = await tokens.acquire(tenantId, options.resource, { fresh: true })
        await audit.record({
          actor: commandLineActor,
          action: 'token.taken',
          tenantId,
          target: options.resource,
        })
        const jwt = token.authorization().replace(/^Bearer /, '')
        if (options.decode) return printJson({ header: decodeProtectedHeader(jwt), claims: decodeJwt(jwt) })
        if (options.json)
          return printJson({
            token: jwt,
            tenantId,
            resource: options.resource,
            roles: token.roles,
            expiresAt: token.expiresAt,
          })
        say(
          `A token for ${options.resource} in ${tenantId}, valid until ${token.expiresAt.toISOString()}. Treat it as a password.`,
        )
        process.stdout.write(`${jwt}\n`)
      })
    })
}
