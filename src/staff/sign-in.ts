import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError, RemoteError } from '../errors.ts'
import type { StaffRole } from '../tenants/actor.ts'
import { readAuthorizeRedirect } from '../tokens/authorization-code.ts'
import type { SignIn as EntraSignIn } from '../tokens/index.ts'
import { strongestRole } from './roles.ts'

/** Kept in the session between the redirect to Entra and the one back. */
export type PendingSignIn = { stateHash: string; returnTo: string; startedAt: string }

/** A member of staff who just signed in; `role` is null when none was assigned. */
export type SignedInStaff = {
  objectId: string
  username: string
  name: string
  role: StaffRole | null
  sid: string | null
  loginHint: string | null
}

const lifetimeMs = 15 * 60_000

/**
 * Staff sign-in: authorization code with PKCE, state and nonce, in the
 * partner's own tenant only.
 *
 * Verifier and nonce are derived from the state with the installation's key,
 * so the session row holds nothing that could be used.
 *
 * @see Microsoft identity platform, "OAuth 2.0 authorization code flow", "OpenID Connect"
 */
export function createSignIn({
  entra,
  key,
  partnerTenantId,
  redirectUri,
  now = Date.now,
}: {
  entra: Pick<EntraSignIn, 'authorizeUrl' | 'complete'>
  key: Buffer
  partnerTenantId: string
  redirectUri: string
  now?: () => number
}) {
  const derive = (purpose: string, state: string) =>
    createHmac('sha256', key).update(`sign-in ${purpose}:${state}`).digest('base64url')

  return {
    /** @param returnTo path inside this installation to land on afterwards */
    begin(returnTo: string, prompt?: 'select_account'): { url: URL; pending: PendingSignIn } {
      const state = randomBytes(32).toString('base64url')
      const url = entra.authorizeUrl({
        tenant: partnerTenantId,
        redirectUri,
        state,
        nonce: derive('nonce', state),
        codeVerifier: derive('verifier', state),
        ...(prompt ? { prompt } : {}),
      })
      const pending = {
        stateHash: derive('hash', state),
        returnTo: localPath(returnTo),
        startedAt: new Date(now()).toISOString(),
      }
      return { url, pending }
    },

    /**
     * Reads Entra's redirect. The caller forgets the pending sign-in first, so
     * that a redirect works once.
     *
     * @throws AppError `unauthenticated` with the reason; RemoteError when Entra refuses the code
     */
    async complete(redirect: URLSearchParams, pending: PendingSignIn | undefined): Promise<SignedInStaff> {
      const answer = readAuthorizeRedirect(redirect)
      const state = answer.state ?? ''
      if (!pending || !equal(derive('hash', state), pending.stateHash)) {
        throw refused('this sign-in was not started in this browser, or it was used already')
      }
      if (now() - Date.parse(pending.startedAt) > lifetimeMs) {
        throw refused('this sign-in took longer than 15 minutes')
      }
      if (answer.kind === 'refused') throw new RemoteError(answer.failure)
      if (answer.kind === 'malformed') throw refused(answer.problem)

      const person = await entra.complete({
        tenantId: partnerTenantId,
        redirectUri,
        code: answer.code,
        codeVerifier: derive('verifier', state),
        nonce: derive('nonce', state),
      })
      if (person.tenantId !== partnerTenantId) {
        throw refused("the account belongs to another organization: only the partner's own staff sign in")
      }
      const { objectId, username, name, sid, loginHint } = person
      return {
        objectId,
        username: username ?? objectId,
        name: name ?? username ?? objectId,
        role: strongestRole(person.roles),
        sid,
        loginHint,
      }
    },
  }
}

export type SignIn = ReturnType<typeof createSignIn>

function refused(message: string): AppError {
  return new AppError('unauthenticated', message, { remedy: 'Start again from the sign-in page.' })
}

function equal(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** The path when it stays on this installation, else `/`: a redirect target is never somebody else's page. */
export function localPath(target: string): string {
  const base = 'http://tenantry.invalid'
  const url = target.startsWith('/') && !/[\\\r\n\t]/.test(target) ? URL.parse(target, base) : null
  return url?.origin === base ? `${url.pathname}${url.search}` : '/'
}
