import type { Response } from 'undici'
import { z } from 'zod'
import { AppError } from '../errors.ts'
import { mostLines } from '../onboarding/import-lines.ts'
import type { ConnectLists } from '../onboarding/lists/connect-lists.ts'
import type { Actor } from '../tenants/actor.ts'
import { requireAct } from '../tenants/permissions.ts'
import { askSimulator } from './ask-simulator.ts'

export type DemoCustomers = {
  /**
   * Lets simulated customers approve the app, as if their administrators had
   * done so some time ago, and connects them as a list. Every sixth stays as it
   * is, to be invited by hand; so do those of other clouds.
   *
   * @returns the id of the list, of the first one where one list cannot hold them all
   * @throws AppError `forbidden`, `upstream_failed` when the simulator does not answer
   */
  connect(actor: Actor): Promise<string>
}

/** What is read of the simulator's account of a tenant. */
const reportSchema = z.object({
  tenants: z.array(
    z.object({
      name: z.string(),
      domain: z.string(),
      regionScope: z.string(),
      regionSubScope: z.string().nullable(),
    }),
  ),
})

const timeoutMs = 30_000

/** A demo with customers in it, so that there is something to hunt in after one click. */
export function createDemoCustomers({
  origin,
  connectLists,
}: {
  /** Where the simulator listens. */
  origin: string
  connectLists: Pick<ConnectLists, 'create'>
}): DemoCustomers {
  async function call(path: string, body?: object): Promise<Response> {
    const signal = AbortSignal.timeout(timeoutMs)
    const answer = await askSimulator(origin, `/__simulator/${path}`, {
      signal,
      ...(body && {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    }).catch(cause => {
      throw simulatorAway(cause)
    })
    if (!answer.ok)
      throw simulatorAway(new Error(`${path} answered ${answer.status}: ${await answer.text()}`))
    return answer
  }

  return {
    async connect(actor) {
      requireAct(actor, 'tenant.connect')
      const answer = await call('tenants')
      const { tenants } = reportSchema.parse(await answer.json())
      const willing = tenants.filter(
        ({ regionSubScope }, index) =>
          (regionSubScope === null || regionSubScope === 'GCC') && index % 6 !== 5,
      )
      for (const { domain } of willing) await call('grant-consent', { tenant: domain, isOld: true })
      const lines = willing.map(({ name, domain, regionScope }) => `${name}\t${domain}\t${regionScope}`)
      const first = await connectLists.create(actor, lines.slice(0, mostLines).join('\n'))
      for (let from = mostLines; from < lines.length; from += mostLines) {
        await connectLists.create(actor, lines.slice(from, from + mostLines).join('\n'))
      }
      return first
    },
  }
}

function simulatorAway(cause: unknown): AppError {
  return new AppError('upstream_failed', 'the simulator does not answer', {
    remedy: 'Restart the demo.',
    cause,
  })
}
