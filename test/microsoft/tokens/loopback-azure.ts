import { createPublicKey } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import type { TestCertificate } from './certificate.ts'
import { signDigest } from './pss.ts'

type Reply = { status?: number; headers?: Record<string, string>; body: object }

export type LoopbackAzure = {
  origin: string
  /** Method and path of each request, in order. */
  requests: string[]
  /** Query of each request to the identity endpoint. */
  identityRequests: URLSearchParams[]
  secrets: Map<string, { value: string; expiresAt?: Date }>
  certificates: Map<string, TestCertificate>
  /** What the vault answers instead, e.g. to refuse. */
  vaultFault: Reply | null
  identityFault: Reply | null
  /** Forgets requests, faults and what the vault holds. */
  reset(): void
  close(): Promise<void>
}

const identityHeader = 'loopback-identity-header'

/**
 * A managed identity endpoint in the manner of App Service and a key vault, on
 * loopback. The environment points to the identity until it is closed.
 *
 * @see Azure Key Vault REST API; App Service, "Managed identities", REST endpoint reference
 */
export async function startAzure(): Promise<LoopbackAzure> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://loopback')
    azure.requests.push(`${request.method} ${url.pathname}`)
    const reply = url.pathname === '/identity' ? identity(request, url) : await vault(request, url)
    response.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers })
    response.end(JSON.stringify(reply.body))
  })

  function identity(request: IncomingMessage, url: URL): Reply {
    azure.identityRequests.push(url.searchParams)
    if (azure.identityFault) return azure.identityFault
    if (request.headers['x-identity-header'] !== identityHeader)
      return { status: 401, body: { error: 'unauthorized' } }
    const resource = url.searchParams.get('resource')
    const body = {
      access_token: `identity-token-for-${resource}`,
      expires_on: String(Math.floor(Date.now() / 1000) + 3600),
      resource,
      token_type: 'Bearer',
    }
    return { body }
  }

  async function vault(request: IncomingMessage, url: URL): Promise<Reply> {
    if (azure.vaultFault) return azure.vaultFault
    if (request.headers.authorization !== 'Bearer identity-token-for-https://vault.azure.net') {
      const challenge =
        'Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net"'
      return {
        status: 401,
        headers: { 'www-authenticate': challenge },
        body: { error: { code: 'Unauthorized' } },
      }
    }

    const [, kind, name = '', version, action] = url.pathname.split('/')
    const certificate = azure.certificates.get(name)
    const secret = azure.secrets.get(name)
    if (kind === 'secrets' && secret) return secretBundle(name, secret)
    if (kind === 'certificates' && certificate) return certificateBundle(name, certificate)
    if (kind === 'keys' && certificate && action === 'sign') return sign(request, name, version, certificate)
    if (kind === 'keys' && certificate) return keyBundle(name, certificate)
    return {
      status: 404,
      body: { error: { code: 'NotFound', message: `${name} was not found in this vault` } },
    }
  }

  function secretBundle(name: string, { value, expiresAt }: { value: string; expiresAt?: Date }): Reply {
    const attributes = {
      enabled: true,
      ...(expiresAt ? { exp: Math.floor(expiresAt.getTime() / 1000) } : {}),
    }
    return { body: { value, id: `${azure.origin}/secrets/${name}/1`, attributes } }
  }

  function certificateBundle(name: string, { der }: TestCertificate): Reply {
    const kid = `${azure.origin}/keys/${name}/1`
    return { body: { id: `${azure.origin}/certificates/${name}/1`, kid, cer: der.toString('base64') } }
  }

  function keyBundle(name: string, { key }: TestCertificate): Reply {
    const { n, e } = createPublicKey(key).export({ format: 'jwk' })
    const kid = `${azure.origin}/keys/${name}/1`
    return {
      body: { key: { kid, kty: 'RSA', key_ops: ['sign', 'verify'], n, e }, attributes: { enabled: true } },
    }
  }

  async function sign(
    request: IncomingMessage,
    name: string,
    version: string | undefined,
    { key }: TestCertificate,
  ): Promise<Reply> {
    const { alg, value } = JSON.parse(await textOf(request)) as { alg: string; value: string }
    if (alg !== 'PS256' || version !== '1') return { status: 400, body: { error: { code: 'BadParameter' } } }
    const signature = signDigest(key, Buffer.from(value, 'base64url'))
    return { body: { kid: `${azure.origin}/keys/${name}/1`, value: signature.toString('base64url') } }
  }

  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  process.env.IDENTITY_ENDPOINT = `${origin}/identity`
  process.env.IDENTITY_HEADER = identityHeader

  const azure: LoopbackAzure = {
    origin,
    requests: [],
    identityRequests: [],
    secrets: new Map(),
    certificates: new Map(),
    vaultFault: null,
    identityFault: null,
    reset() {
      azure.requests.length = 0
      azure.identityRequests.length = 0
      azure.secrets.clear()
      azure.certificates.clear()
      azure.vaultFault = null
      azure.identityFault = null
    },
    close() {
      delete process.env.IDENTITY_ENDPOINT
      delete process.env.IDENTITY_HEADER
      server.closeAllConnections()
      return new Promise(resolve => server.close(() => resolve()))
    },
  }
  return azure
}
