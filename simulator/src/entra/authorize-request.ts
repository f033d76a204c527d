import { EntraError } from './aadsts.ts'
import { type EntraContext, given } from './context.ts'

type ResponseMode = 'query' | 'fragment' | 'form_post'

/** Where the answer goes; known before the rest of the request is judged. */
export type AnswerTarget = { redirectUri: string; responseMode: ResponseMode; state: string | undefined }

export type AuthorizeRequest = {
  scopes: string[]
  nonce: string | undefined
  challenge: { method: 'S256' | 'plain'; value: string } | undefined
  prompt: 'login' | 'none' | 'consent' | 'select_account' | 'admin_consent' | undefined
  loginHint: string | undefined
  /** Seconds after which a proof of who somebody is counts no more. */
  maxAgeSeconds: number | undefined
  /** Authentication context that is asked for. */
  acr: string | undefined
  wantsClientInfo: boolean
}

const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const prompts = ['login', 'none', 'consent', 'select_account', 'admin_consent'] as const

/**
 * Checks which application asks.
 *
 * @throws EntraError 900144 without a client id, 700016 when no such application is registered
 */
export function checkClient({ registration }: EntraContext, params: URLSearchParams): void {
  const clientId = given(params, 'client_id')
  if (!clientId) throw new EntraError(900144, "Missing: 'client_id'.")
  if (!guid.test(clientId)) throw new EntraError(90112, `Found '${clientId}'.`)
  if (clientId.toLowerCase() !== registration.clientId)
    throw new EntraError(700016, `Identifier '${clientId}'.`)
}

/**
 * @returns the redirect URI, the first registered one when none was sent
 * @throws EntraError 500113 when none is registered, 50011 when it is not one of them
 */
export function readRedirectUri({ registration }: EntraContext, params: URLSearchParams): string {
  const [first] = registration.redirectUris
  if (first === undefined) throw new EntraError(500113)
  const redirectUri = given(params, 'redirect_uri') ?? first
  if (!registration.allowsRedirect(redirectUri)) throw new EntraError(50011, `Found '${redirectUri}'.`)
  return redirectUri
}

/** Reads where the answer goes; what is wrong up to here ends on a page of Entra's. */
export function readAnswerTarget(context: EntraContext, params: URLSearchParams): AnswerTarget {
  checkClient(context, params)
  const redirectUri = readRedirectUri(context, params)
  const mode = given(params, 'response_mode')
  const responseMode = mode === 'form_post' || mode === 'fragment' ? mode : 'query'
  return { redirectUri, responseMode, state: params.get('state') ?? undefined }
}

function readChallenge(params: URLSearchParams): AuthorizeRequest['challenge'] {
  const value = given(params, 'code_challenge')
  const method = given(params, 'code_challenge_method') ?? 'plain'
  if (value === undefined) return undefined
  if (method !== 'S256' && method !== 'plain') {
    throw new EntraError(90100, "Found an unknown 'code_challenge_method'.")
  }
  // RFC 7636 section 4.2: 43 to 128 unreserved characters.
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(value)) throw new EntraError(501491)
  return { method, value }
}

function readMaxAge(params: URLSearchParams): number | undefined {
  const value = given(params, 'max_age')
  if (value === undefined) return undefined
  if (!/^\d{1,9}$/.test(value)) throw new EntraError(90100, "Found a 'max_age' that is no number.")
  return Number(value)
}

/** The authentication context of a `claims` parameter: `{"id_token":{"acrs":{"essential":true,"value":"c1"}}}`. */
function readAcr(params: URLSearchParams): string | undefined {
  const value = given(params, 'claims')
  if (value === undefined) return undefined
  try {
    const acr: unknown = JSON.parse(value)?.id_token?.acrs?.value
    return typeof acr === 'string' ? acr : undefined
  } catch {
    throw new EntraError(90100, "Found 'claims' that are no JSON.")
  }
}

/**
 * Reads the rest; what is wrong here goes back to the application as an error.
 *
 * @param version v1 knows no scopes: a person signs in, and `resource` is optional
 * @see Microsoft identity platform, "OAuth 2.0 authorization code flow"
 */
export function readAuthorizeRequest(params: URLSearchParams, version: 'v1' | 'v2'): AuthorizeRequest {
  const responseType = given(params, 'response_type')
  if (!responseType) throw new EntraError(900144, "Missing: 'response_type'.")
  if (responseType !== 'code') throw new EntraError(700051, `Found '${responseType}'.`)
  const mode = given(params, 'response_mode')
  if (mode !== undefined && !['query', 'fragment', 'form_post'].includes(mode)) {
    throw new EntraError(90100, "Found an unknown 'response_mode'.")
  }
  const scope = given(params, 'scope') ?? (version === 'v1' ? 'openid profile' : undefined)
  if (!scope) throw new EntraError(900144, "Missing: 'scope'.")
  const prompt = given(params, 'prompt')
  const knownPrompt = prompts.find(candidate => candidate === prompt)
  if (prompt !== undefined && knownPrompt === undefined)
    throw new EntraError(90100, "Found an unknown 'prompt'.")

  return {
    scopes: scope.split(' ').filter(Boolean),
    nonce: given(params, 'nonce'),
    challenge: readChallenge(params),
    prompt: knownPrompt,
    loginHint: given(params, 'login_hint'),
    maxAgeSeconds: readMaxAge(params),
    acr: readAcr(params),
    wantsClientInfo: params.get('client_info') === '1',
  }
}
