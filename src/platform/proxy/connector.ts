import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import type { ChooseProxy } from './choose-proxy.ts'
import { openTunnel } from './open-tunnel.ts'

export type ConnectorOptions = {
  chooseProxy: ChooseProxy
  /** For the tunnel and for TLS, each. */
  timeoutMs: number
  /**
   * Resolves names here, also those that a proxy leads to: the proxy is asked
   * for the address, so that it cannot lead elsewhere. Without it a proxy
   * resolves names itself.
   */
  lookup?: LookupFunction
}

/** Opens connections for undici's agents, through a proxy where one is to be used. */
export function createConnector(options: ConnectorOptions): buildConnector.connector {
  const { chooseProxy, timeoutMs, lookup } = options
  const connect = buildConnector({ timeout: timeoutMs, ...(lookup ? { lookup } : {}) })

  async function tunnel(proxy: URL, hostname: string, port: string) {
    const host = lookup && isIP(hostname) === 0 ? await addressOf(hostname, lookup) : hostname
    return await openTunnel(proxy, `${isIP(host) === 6 ? `[${host}]` : host}:${port || 443}`, timeoutMs)
  }

  return (target, callback) => {
    const { protocol, host = '', hostname, port } = target
    const proxy = chooseProxy(new URL(`${protocol}//${host}`))
    if (proxy === null) connect(target, callback)
    else {
      tunnel(proxy, hostname, port).then(
        httpSocket => connect({ ...target, httpSocket }, callback),
        error => callback(error, null),
      )
    }
  }
}

/** @throws what the lookup says */
async function addressOf(hostname: string, lookup: LookupFunction): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  lookup(hostname, {}, (error, address) => {
    if (error) reject(error)
    else resolve(typeof address === 'string' ? address : (address[0]?.address ?? ''))
  })
  return await promise
}
