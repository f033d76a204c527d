import { type RequestOptions, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Socket } from 'node:net'

/** The proxy did not lead where it was asked to. Its message names the proxy without user and password. */
export class ProxyError extends Error {
  override readonly name = 'ProxyError'
  /** `EPROXY_REFUSED` by its rules, `EPROXY_UPSTREAM` since it could not connect either, `EPROXY_UNREACHABLE` itself. */
  readonly code: 'EPROXY_REFUSED' | 'EPROXY_UPSTREAM' | 'EPROXY_UNREACHABLE'

  constructor(code: ProxyError['code'], message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

/**
 * Has a proxy connect to a host and hands over the connection. TLS to the host
 * begins on it, so the proxy sees the host's name and nothing else.
 *
 * @param target host and port, IPv6 in brackets
 * @throws ProxyError
 * @see RFC 9110, section 9.3.6, "CONNECT"
 */
export async function openTunnel(proxy: URL, target: string, timeoutMs: number): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const options: RequestOptions = {
    method: 'CONNECT',
    host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
    path: target,
    headers: { host: target, ...credentialsOf(proxy) },
    agent: false,
  }
  const asking = proxy.protocol === 'https:' ? requestHttps(options) : requestHttp(options)

  const late = new Error('no answer in time')
  const timer = setTimeout(() => asking.destroy(late), timeoutMs)

  asking.once('connect', ({ statusCode = 0 }, socket, head) => {
    if (statusCode >= 200 && statusCode < 300) {
      if (head.length > 0) socket.unshift(head)
      resolve(socket as Socket)
      return
    }
    socket.destroy()
    reject(refused(proxy, target, statusCode))
  })
  // A proxy that answers as a web server does.
  asking.once('response', response => {
    response.destroy()
    reject(refused(proxy, target, response.statusCode ?? 0))
  })
  asking.on('error', cause => {
    const why = cause === late ? late.message : 'code' in cause ? String(cause.code) : cause.name
    reject(new ProxyError('EPROXY_UNREACHABLE', `The proxy ${proxy.host} cannot be reached (${why}).`, cause))
  })
  asking.end()
  return await promise.finally(() => clearTimeout(timer))
}

function refused(proxy: URL, target: string, status: number): ProxyError {
  const isUpstream = status >= 500
  const why = status === 407 ? ': it wants a user name and a password' : ''
  return new ProxyError(
    isUpstream ? 'EPROXY_UPSTREAM' : 'EPROXY_REFUSED',
    isUpstream
      ? `The proxy ${proxy.host} could not connect to ${target} (${status}).`
      : `The proxy ${proxy.host} refused a connection to ${target} (${status})${why}.`,
  )
}

function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {}
  const plain = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(plain).toString('base64')}` }
}
