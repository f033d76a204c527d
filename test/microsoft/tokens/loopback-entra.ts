import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose'

export const clientId = 'c1d2e3f4-0000-4000-8000-00000000c11d'
export const partnerTenant = 'a0a0a0a0-0000-4000-8000-000000000001'
export const customerTenant = 'b0b0b0b0-0000-4000-8000-000000000002'

export type TokenRequest = { tenant: string; form: URLSearchParams; path: string }
export type Reply = { status?: number; headers?: Record<string, string>; body: string | object }

export type LoopbackEntra = {
  origin: string
  /** Requests to token endpoints, in order. */
  requests: TokenRequest[]
  keyRequests: number
  /** What the token endpoint answers; may be replaced at any time. */
  onToken: (request: TokenRequest) => Reply | Promise<Reply>
  /** What the key endpoint answers in place of the keys. */
  onKeys: (() => Reply) | null
  /** The answer that Entra gives to a good request. */
  accessToken(request: TokenRequest, options?: AccessTokenOptions): Promise<Reply>
  idToken(claims: JWTPayload, options?: { kid?: string; key?: CryptoKey }): Promise<string>
  /** Replaces the signing key by a new one with this id. */
  rollKey(kid: string): Promise<void>
  close(): Promise<void>
}

type AccessTokenOptions = {
  roles?: string[]
  expiresIn?: number
  refreshIn?: number
  claims?: JWTPayload
}

type Key = { kid: string; privateKey: CryptoKey; jwk: object }

/** A small Entra on loopback, of which a test decides every answer. */
export async function startEntra(): Promise<LoopbackEntra> {
  let key = await makeKey('key-1')

  const server = createServer((request, response) => {
    let text = ''
    request.setEncoding('utf8').on('data', chunk => {
      text += chunk
    })
    request.on('end', async () => {
      const url = new URL(request.url ?? '/', 'http://loopback')
      const tenant = url.pathname.split('/')[1] ?? ''
      const reply = await answer(url.pathname, tenant, new URLSearchParams(text))
      const isText = typeof reply.body === 'string'
      response.writeHead(reply.status ?? 200, {
        'content-type': isText ? 'text/plain' : 'application/json; charset=utf-8',
        'x-ms-request-id': '11111111-2222-4333-8444-555555555555',
        ...reply.headers,
      })
      response.end(isText ? reply.body : JSON.stringify(reply.body))
    })
  })

  async function answer(path: string, tenant: string, form: URLSearchParams): Promise<Reply> {
    if (path.endsWith('/oauth2/v2.0/token')) {
      const request = { tenant, form, path }
      entra.requests.push(request)
      return entra.onToken(request)
    }
    if (path.endsWith('/discovery/v2.0/keys')) {
      entra.keyRequests++
      return entra.onKeys?.() ?? { body: { keys: [key.jwk] } }
    }
    return { status: 404, body: { error: 'not_found' } }
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))

  const entra: LoopbackEntra = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    keyRequests: 0,
    onToken: request => entra.accessToken(request),
    onKeys: null,

    async accessToken({ tenant, form }, { roles = [], expiresIn = 3600, refreshIn, claims = {} } = {}) {
      const issuedAt = Math.floor(Date.now() / 1000) - 300
      const token = await new SignJWT({
        aud: form
          .get('scope')
          ?.replace(/ .*$/, '')
          .replace(/\/\.default$/, ''),
        iss: `https://sts.windows.net/${tenant}/`,
        tid: tenant,
        appid: form.get('client_id'),
        ...(roles.length > 0 ? { roles } : {}),
        iat: issuedAt,
        nbf: issuedAt,
        exp: issuedAt + 300 + expiresIn,
        ...claims,
      })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: key.kid })
        .sign(key.privateKey)
      return {
        body: {
          token_type: 'Bearer',
          expires_in: expiresIn,
          ext_expires_in: expiresIn,
          ...(refreshIn === undefined ? {} : { refresh_in: refreshIn }),
          access_token: token,
        },
      }
    },

    idToken: (claims, options = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: options.kid ?? key.kid })
        .sign(options.key ?? key.privateKey),

    async rollKey(kid) {
      key = await makeKey(kid)
    },

    close: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
  return entra
}

/** An error as Entra writes it. */
export function aadsts(code: number, error: string, status: number): Reply {
  return {
    status,
    body: {
      error,
      error_description: `AADSTS${code}: Something about app ${clientId}. Trace ID: 99999999-2222-4333-8444-555555555555 Correlation ID: 88888888-2222-4333-8444-555555555555 Timestamp: 2026-11-22 10:00:00Z`,
      error_codes: [code],
      timestamp: '2026-11-22 10:00:00Z',
      trace_id: '99999999-2222-4333-8444-555555555555',
      correlation_id: '88888888-2222-4333-8444-555555555555',
    },
  }
}

async function makeKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const jwk = {
    ...(await exportJWK(publicKey)),
    kid,
    use: 'sig',
    issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
  }
  return { kid, privateKey, jwk }
}
