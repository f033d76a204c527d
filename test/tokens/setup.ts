import { clouds } from '../../src/clouds/clouds.ts'
import type { Endpoints } from '../../src/clouds/endpoints.ts'
import { RemoteError } from '../../src/errors.ts'
import { readFailure, requestIdOf } from '../../src/remote/failures.ts'
import type { Remote } from '../../src/remote/types.ts'
import { createTokens, type Tokens, type TokensOptions } from '../../src/tokens/index.ts'
import { clientId, type LoopbackEntra, partnerTenant } from './loopback-entra.ts'

export function endpointsAt(login: string | null): Endpoints {
  const cloud = clouds.global
  return {
    cloud,
    url: (service, path) =>
      new URL(path, service === 'login' ? (login ?? cloud.loginOrigin) : 'https://x.invalid'),
    admitLink: (_service, link) => new URL(link),
    substitute(url) {
      return login && url.origin === cloud.loginOrigin ? new URL(url.pathname + url.search, login) : url
    },
  }
}

export const globalEndpoints = endpointsAt(null)

export function testRemote(): Remote {
  return {
    async call(call) {
      const answer = await fetch(call.url, {
        method: call.method,
        ...(call.headers ? { headers: call.headers } : {}),
        ...(call.body ? { body: call.body } : {}),
      }).catch(thrown => {
        throw new RemoteError(readFailure({ service: call.service, thrown }))
      })
      const text = await answer.text()
      const headers = Object.fromEntries(answer.headers)
      if (!answer.ok) {
        throw new RemoteError(
          readFailure({ service: call.service, status: answer.status, headers, body: text }),
        )
      }
      return { status: answer.status, headers, text, requestId: requestIdOf(headers), durationMs: 0 }
    },
    close: async () => undefined,
  }
}

/** The token layer against a loopback Entra, with one secret unless told otherwise. */
export function givenTokens(entra: LoopbackEntra, options: Partial<TokensOptions> = {}): Tokens {
  return createTokens({
    endpoints: endpointsAt(entra.origin),
    clientId,
    partnerTenantId: partnerTenant,
    credentials: [{ kind: 'secret', secret: 'first-secret', label: 'client secret' }],
    remote: testRemote(),
    ...options,
  })
}
