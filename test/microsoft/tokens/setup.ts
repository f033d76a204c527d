import { onTestFinished } from 'vitest'
import { createEndpoints, type Endpoints } from '../../../src/microsoft/clouds/endpoints.ts'
import {
  createMemoryQuotaStore,
  createQuotas,
  createRemote,
  type Remote,
} from '../../../src/microsoft/http/index.ts'
import { createTokens, type Tokens, type TokensOptions } from '../../../src/microsoft/tokens/index.ts'
import { clientId, type LoopbackEntra } from './loopback-entra.ts'

/** Microsoft's commercial cloud with its login host somewhere else. */
export function endpointsAt(login: string | null): Endpoints {
  return createEndpoints('global', { login, graph: null, defender: null, endpoint: null })
}

/** The real way out, with quotas in memory; closed after the test. */
export function testRemote(): Remote {
  const remote = createRemote({ quotas: createQuotas({ store: createMemoryQuotaStore() }) })
  onTestFinished(() => remote.close())
  return remote
}

/** The token layer against a loopback Entra, with one secret unless told otherwise. */
export function givenTokens(entra: LoopbackEntra, options: Partial<TokensOptions> = {}): Tokens {
  return createTokens({
    endpoints: endpointsAt(entra.origin),
    clientId,
    credentials: [{ kind: 'secret', secret: 'first-secret', label: 'client secret' }],
    remote: testRemote(),
    ...options,
  })
}
