import { RemoteError } from '../errors.ts'
import type { Endpoints } from '../microsoft/clouds/endpoints.ts'
import type { Remote } from '../microsoft/http/index.ts'
import { surfaces } from '../microsoft/roles/roles.ts'
import { type Finding, failedWith, ok, warning } from './check.ts'

const deadlineMs = 10_000
/** Beyond this, a page that waits for one call is slow to everybody. */
const slowMs = 2_000

/**
 * Asks each host of Microsoft once, without a token: any answer shows that the
 * way there is open, and the time how long every call takes at least.
 */
export async function* checkHosts({
  remote,
  endpoints,
}: {
  remote: Remote
  endpoints: Endpoints
}): AsyncGenerator<Finding> {
  const offered = surfaces.filter(surface => endpoints.cloud.origins[surface] !== null)
  for (const name of ['login', ...offered] as const) {
    const url = endpoints.url(name, '/')
    const check = `host ${url.host} (${name})`
    const startedAt = performance.now()
    const failure = await refusalOf(
      remote.call({
        service: name === 'login' ? 'entra' : name,
        tenantId: null,
        method: 'GET',
        url,
        expect: 'any',
        attempts: 1,
        deadlineMs,
      }),
    )
    const tookMs = Math.round(performance.now() - startedAt)
    // A refusal is an answer too.
    if (failure && failure.status === null) yield failedWith(check, failure)
    else if (tookMs <= slowMs) yield ok(check, `answers in ${tookMs} ms`)
    else yield warning(check, `answers in ${tookMs} ms`, 'Look at the network and the proxy between them.')
  }
}

async function refusalOf(call: Promise<unknown>) {
  try {
    await call
    return null
  } catch (error) {
    if (error instanceof RemoteError) return error.failure
    throw error
  }
}
