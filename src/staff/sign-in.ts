import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { AppError, RemoteError } from '../errors.ts'
import { readAuthorizeRedirect } from '../microsoft/tokens/authorization-code.ts'
import type { SignIn as EntraSignIn } from '../microsoft/tokens/index.ts'
import type { StaffRole } from '../tenants/actor.ts'
import { readAppRoles } from './roles.ts'
import { freshForSeconds, isFresh, type Proof } from './sessions/fresh.ts'

/** Kept by the browser, signed, between the redirect to Entra and the one back. */
export type PendingSignIn = {
  stateHash: string
  returnTo: string
  startedAt: string
  /** Whether it is to prove anew who somebody is. */
  isFresh?: boolean | undefined
}

/** A member of staff who just signed in; without roles when none was assigned. */
export type SignedInStaff = Proof & {
  objectId: string
  username: string
  name: string
  /** Strongest first. */
  roles: StaffRole[]
  sid: string | null
  loginHint: string | null
}

/** How long a sign-in may take at Entra. */
export const signInLifetimeMs = 15 * 60_000

/**
 * Staff sign-in: authorization code with PKCE, state and nonce, in the
 * partner's own tenant only.
 *
 * Verifier and nonce are derived from the state with the installation's key,
 * so nothing that could be used is kept anywhere. Each attempt stands for
 * itself: as many as there are tabs can be under way in one browser.
 *
 * @see Microsoft identity platform, "OAuth 2.0 authorization code flow", "OpenID Connect"
 */
export function createSignIn({
  entra,
  key,
  partnerTenantId,
  redirectUri,
  acr = null,
  noteDirectoryRoles = async () => {},
  now = Date.now,
}: {
  entra: Pick<EntraSignIn, 'authorizeUrl' | 'complete'>
  key: Buffer
  partnerTenantId: string
  redirectUri: string
  /** Authentication context that sensitive acts ask for; null: none. */
  acr?: string | null
  /** Told at each sign-in whether the ID token lists directory roles: customers' tokens are alike. */
  noteDirectoryRoles?: (areListed: boolean) => Promise<void>
  now?: () => number
}) {
  const derive = (purpose: string, state: string) =>
    createHmac('sha256', key).update(`sign-in ${purpose}:${state}`).digest('base64url')

  return {
    /**
     * @param returnTo path inside this installation to land on afterwards
     * @param options.fresh asks the person to prove anew who they are, as strongly as the settings say
     */
    begin(
      returnTo: string,
      {
        prompt,
        fresh = null,
      }: { prompt?: 'select_account' | undefined; fresh?: { loginHint: string | null } | null } = {},
    ): { url: URL; pending: PendingSignIn } {
      const state = randomBytes(32).toString('base64url')
      const url = entra.authorizeUrl({
        tenant: partnerTenantId,
        redirectUri,
        state,
        nonce: derive('nonce', state),
        codeVerifier: derive('verifier', state),
        ...(prompt ? { prompt } : {}),
        ...(fresh ? { maxAgeSeconds: freshForSeconds, acr, loginHint: fresh.loginHint ?? undefined } : {}),
      })
      const pending = {
        stateHash: derive('hash', state),
        returnTo: localPath(returnTo, redirectUri),
        startedAt: new Date(now()).toISOString(),
        ...(fresh ? { isFresh: true } : {}),
      }
      return { url, pending }
    },

    /** Which attempt a redirect belongs to, by the `stateHash` it began with; null when it names none. */
    attemptOf(redirect: URLSearchParams): string | null {
      const state = redirect.get('state')
      return state === null ? null : derive('hash', state)
    },

    /**
     * Reads Entra's redirect. The caller forgets the pending sign-in, so that a
     * redirect works once.
     *
     * @throws AppError `unauthenticated` with the reason; RemoteError when Entra refuses the code
     */
    async complete(redirect: URLSearchParams, pending: PendingSignIn | undefined): Promise<SignedInStaff> {
      const answer = readAuthorizeRedirect(redirect, 'staff_sign_in')
      const state = answer.state ?? ''
      if (!pending || !equal(derive('hash', state), pending.stateHash)) {
        throw refused('this sign-in was not started in this browser, or it was used already')
      }
      if (now() - Date.parse(pending.startedAt) > signInLifetimeMs) {
        throw refused('this sign-in took longer than 15 minutes')
      }
      if (answer.kind === 'refused') throw new RemoteError(answer.failure)
      if (answer.kind === 'malformed') throw refused(answer.problem)

      const person = await entra.complete({
        tenantId: partnerTenantId,
        place: 'staff_sign_in',
        redirectUri,
        code: answer.code,
        codeVerifier: derive('verifier', state),
        nonce: derive('nonce', state),
      })
      if (person.tenantId !== partnerTenantId) {
        throw refused("the account belongs to another organization: only the partner's own staff sign in")
      }
      const { objectId, username, name, sid, loginHint, authenticatedAt, acrs } = person
      if (pending.isFresh && !isFresh(person, acr, new Date(now()))) throw notFresh(authenticatedAt, acr)
      await noteDirectoryRoles(person.directoryRoles !== null)
      return {
        objectId,
        username: username ?? objectId,
        name: name ?? username ?? objectId,
        roles: readAppRoles(person.roles),
        sid,
        loginHint,
        authenticatedAt,
        acrs,
      }
    },
  }
}

export type SignIn = ReturnType<typeof createSignIn>

function refused(message: string): AppError {
  return new AppError('unauthenticated', message, { remedy: 'Start again from the sign-in page.' })
}

/** Entra let somebody in without asking anew, or did not say that it asked. */
function notFresh(authenticatedAt: string | null, acr: string | null): AppError {
  const missing = authenticatedAt === null ? '"auth_time"' : acr === null ? null : `"acrs" with ${acr}`
  if (missing) {
    return new AppError('unauthenticated', `the ID token of the new sign-in has no ${missing}`, {
      remedy:
        authenticatedAt === null
          ? 'An administrator of your Entra tenant adds the optional claim auth_time to the ID token of the registration.'
          : `An administrator of your Entra tenant publishes the authentication context ${acr} and a policy for it.`,
    })
  }
  return refused('Microsoft did not ask anew who you are')
}

function equal(left: string, right: string): boolean {
  const [a, b] = [Buffer.from(left), Buffer.from(right)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/**
 * Where to go after something, when somebody else may have written it.
 *
 * @param target an address as it came; only a path of this installation counts
 * @param publicUrl any address of this installation
 * @returns path and query, `/` for everything that leads, or could be read to lead, elsewhere
 */
export function localPath(target: string, publicUrl: string): string {
  const { origin } = new URL(publicUrl)
  const url = target.startsWith('/') ? URL.parse(target, origin) : null
  if (url?.origin !== origin) return '/'
  const path = `${url.pathname}${url.search}`
  // "/.//host" is a path at first, and what is left of it another host.
  return URL.parse(path, origin)?.origin === origin ? path : '/'
}
