import type { Endpoints } from '../clouds/endpoints.ts'
import type { SignInPlace } from '../failures/redirect-failure.ts'
import type { Remote } from '../http/types.ts'
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
  /** Whose sign-in it was. */
  place: SignInPlace
  signal?: AbortSignal
}

/** Sign-in of people with our registration: staff in the partner's tenant, an admin in a customer's. */
export type SignIn = {
  authorizeUrl(request: Omit<AuthorizeRequest, 'endpoints' | 'clientId'>): URL
  /**
   * Redeems a code, which works once, and verifies who came.
   *
   * @throws AppError `unauthenticated` with `details.reason`; RemoteError
   */
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

  function redeemCode({ tenantId, place, signal, ...request }: RedeemRequest): Promise<string> {
    return credentials.use(tokenAudience(endpoints, tenantId), async presented => {
      const answer = await remote.call({
        service: 'entra',
        place,
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

  return {
    authorizeUrl: request => writeAuthorizeUrl({ ...request, endpoints, clientId }),
    async complete({ nonce, ...request }) {
      const { tenantId } = request
      const { cloud } = endpoints
      return verifyIdToken(await redeemCode(request), { tenantId, nonce, cloud, keys, clientId, now: now() })
    },
    logoutUrl: request => logoutUrl({ ...request, endpoints }),
  }
}
