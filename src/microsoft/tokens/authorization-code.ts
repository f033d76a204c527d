import { createHash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { Failure } from '../../errors.ts'
import type { Endpoints } from '../clouds/endpoints.ts'
import { failureFromRedirect, type SignInPlace } from '../failures/redirect-failure.ts'
import type { Presented } from './credentials/credential.ts'
import { badAnswer } from './failures.ts'

/** A value nobody can guess: for `state`, `nonce` and the PKCE verifier. 43 characters, safe in a URL. */
export function randomValue(): string {
  return randomBytes(32).toString('base64url')
}

/** The PKCE challenge of a verifier (RFC 7636, S256). */
export function codeChallenge(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

export type AuthorizeRequest = {
  endpoints: Endpoints
  clientId: string
  /** GUID of the tenant to sign in to; `organizations` admits any. */
  tenant: string
  /** Registered for the application, compared by case. */
  redirectUri: string
  state: string
  nonce: string
  /** Stays here; its S256 challenge goes into the link. */
  codeVerifier: string
  prompt?: 'login' | 'none' | 'select_account' | undefined
  loginHint?: string | undefined
  domainHint?: string | undefined
  /** The person proves anew who they are when they last did so longer ago. */
  maxAgeSeconds?: number | undefined
  /** Authentication context of Conditional Access that the sign-in must satisfy, such as `c1`. */
  acr?: string | null | undefined
}

/**
 * Writes the link that sends a browser to sign in.
 *
 * @see Microsoft identity platform, "OAuth 2.0 authorization code flow"
 */
export function writeAuthorizeUrl(request: AuthorizeRequest): URL {
  const url = request.endpoints.url('login', `/${encodeURIComponent(request.tenant)}/oauth2/v2.0/authorize`)
  url.search = new URLSearchParams({
    client_id: request.clientId,
    response_type: 'code',
    redirect_uri: request.redirectUri,
    response_mode: 'query',
    // "profile" is what brings "oid", "name" and "preferred_username".
    scope: 'openid profile',
    state: request.state,
    nonce: request.nonce,
    code_challenge: codeChallenge(request.codeVerifier),
    code_challenge_method: 'S256',
    ...(request.prompt ? { prompt: request.prompt } : {}),
    ...(request.loginHint ? { login_hint: request.loginHint } : {}),
    ...(request.domainHint ? { domain_hint: request.domainHint } : {}),
    ...(request.maxAgeSeconds === undefined ? {} : { max_age: String(request.maxAgeSeconds) }),
    ...(request.acr ? { claims: acrsClaim(request.acr) } : {}),
  }).toString()
  return url
}

/** @see Microsoft identity platform, "Developers' guide to Conditional Access authentication context" */
function acrsClaim(acr: string): string {
  return JSON.stringify({ id_token: { acrs: { essential: true, value: acr } } })
}

/** How the browser came back. `state` is null when missing: compare it before anything else. */
export type AuthorizeRedirect =
  | { kind: 'code'; code: string; state: string | null; sessionState: string | null }
  | { kind: 'refused'; state: string | null; failure: Failure }
  | { kind: 'malformed'; state: string | null; problem: string }

/**
 * Reads the redirect that ends a sign-in. Nothing in it is signed; the code
 * proves something only once it is redeemed.
 */
export function readAuthorizeRedirect(redirect: URLSearchParams, place: SignInPlace): AuthorizeRedirect {
  const state = redirect.get('state')
  for (const name of ['code', 'state', 'error']) {
    if (redirect.getAll(name).length > 1)
      return { kind: 'malformed', state, problem: `"${name}" is given twice` }
  }

  const failure = failureFromRedirect(redirect, place)
  if (failure) return { kind: 'refused', state, failure }

  const code = redirect.get('code')
  if (!code) return { kind: 'malformed', state, problem: 'the redirect has neither "code" nor "error"' }
  return { kind: 'code', code, state, sessionState: redirect.get('session_state') }
}

export type CodeRequest = {
  clientId: string
  code: string
  /** The same as in the authorize link. */
  redirectUri: string
  codeVerifier: string
  presented: Presented
}

/** Writes the form that redeems a code. */
export function writeCodeRequest({
  clientId,
  code,
  redirectUri,
  codeVerifier,
  presented,
}: CodeRequest): string {
  return new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: clientId,
    code,
    redirect_uri: redirectUri,
    code_verifier: codeVerifier,
    scope: 'openid profile',
    ...(presented.kind === 'secret'
      ? { client_secret: presented.secret }
      : {
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: presented.assertion,
        }),
  }).toString()
}

const codeResponseSchema = z.object({ id_token: z.string().min(1) })

/**
 * Reads the answer to a redeemed code. The access token in it is for Graph's
 * user information, which nobody here asks for, and is let go.
 *
 * @returns the ID token, not verified yet
 * @throws RemoteError `bad_answer`
 */
export function readCodeResponse(text: string, requestId: string | null): string {
  try {
    return codeResponseSchema.parse(JSON.parse(text)).id_token
  } catch {
    throw badAnswer('the token answer holds no ID token', requestId)
  }
}

/**
 * Writes the link that ends the session at Entra too.
 *
 * @param request.postLogoutRedirectUri registered for the application
 * @param request.loginHint of the ID token; skips the choice of account
 * @see Microsoft identity platform, "OpenID Connect: send a sign-out request"
 */
export function logoutUrl(request: {
  endpoints: Endpoints
  tenantId: string
  postLogoutRedirectUri: string
  loginHint?: string | null
}): URL {
  const url = request.endpoints.url('login', `/${encodeURIComponent(request.tenantId)}/oauth2/v2.0/logout`)
  url.searchParams.set('post_logout_redirect_uri', request.postLogoutRedirectUri)
  if (request.loginHint) url.searchParams.set('logout_hint', request.loginHint)
  return url
}
