import type { Endpoints } from '../clouds/endpoints.ts'
import type { Remote } from '../remote/types.ts'
import {
  type AuthorizeRequest,
  type CodeRequest,
  logoutUrl,
  readCodeResponse,
  writeAuthorizeUrl,
  writeCodeRequest,
} from './authorization-code.ts'
import type { Credentials } from './credentials/rotation.ts'
import { type Identity, verifyIdToken } from './id-token.ts'
import { createKeySets } from './key-sets.ts'
import { tokenAudience } from './mint.ts'

type RedeemRequest = Omit<CodeRequest, 'clientId' | 'presented'> & {
  /** GUID of the tenant whose sign-in it was. */
  tenantId: string
  signal?: AbortSignal
}

/** Sign-in of people with our registration: staff in the partner's tenant, an admin in a customer's. */
export type SignIn = {
  authorizeUrl(request: Omit<AuthorizeRequest, 'endpoints' | 'clientId'>): URL
  /**
   * Redeems a code. It works once.
   *
   * @returns the ID token, not verified yet
   * @throws RemoteError
   */
  redeemCode(request: RedeemRequest): Promise<string>
  /** @throws AppError `unauthenticated` with `details.reason`; RemoteError when Entra's keys cannot be had */
  verifyIdToken(jwt: string, expected: { tenantId: string; nonce: string }): Promise<Identity>
  /** Redeems a code and verifies who came. Throws what the two throw. */
  complete(request: RedeemRequest & { nonce: string }): Promise<Identity>
  logoutUrl(request: { tenantId: string; postLogoutRedirectUri: string; loginHint?: string | null }): URL
}

export function createSignIn(options: {
  endpoints: Endpoints
  clientId: string
  credentials: Credentials
  remote: Remote
  now: () => Date
}): SignIn {
  const { endpoints, clientId, credentials, remote, now } = options
  const keys = createKeySets({ endpoints, remote, now })

  function redeemCode({ tenantId, signal, ...request }: RedeemRequest): Promise<string> {
    return credentials.use(tokenAudience(endpoints, tenantId), async presented => {
      const answer = await remote.call({
        service: 'entra',
        tenantId,
        method: 'POST',
        url: endpoints.url('login', `/${encodeURIComponent(tenantId)}/oauth2/v2.0/token`),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: writeCodeRequest({ ...request, clientId, presented }),
        // A code is spent by its first use, also when the answer is lost.
        write: true,
        timeoutMs: 15_000,
        deadlineMs: 30_000,
        ...(signal ? { signal } : {}),
      })
      return readCodeResponse(answer.text, answer.requestId)
    })
  }

  function verify(jwt: string, expected: { tenantId: string; nonce: string }): Promise<Identity> {
    return verifyIdToken(jwt, { ...expected, cloud: endpoints.cloud, keys, clientId, now: now() })
  }

  return {
    authorizeUrl: request => writeAuthorizeUrl({ ...request, endpoints, clientId }),
    redeemCode,
    verifyIdToken: verify,
    async complete({ nonce, ...request }) {
      return verify(await redeemCode(request), { tenantId: request.tenantId, nonce })
    },
    logoutUrl: request => logoutUrl({ ...request, endpoints }),
  }
}
