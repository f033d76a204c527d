import { BlockList, isIP } from 'node:net'
import { isLoopback } from '../loopback.ts'

/** What `HTTPS_PROXY` and `NO_PROXY` say. */
export type ProxySettings = {
  /** The proxy for https, http or https itself; it may hold a user name and a password. */
  httpsProxy: URL | null
  /** Hosts, domains, addresses and networks that are reached without it, as `NO_PROXY` lists them. */
  noProxy: string[]
}

/** Which proxy leads to an address; null for the direct way. */
export type ChooseProxy = (url: URL) => URL | null

/**
 * One decision for every way out. This machine is always reached directly, and
 * so is plain http: nothing uses it but this machine's own programs and the
 * addresses where clouds answer for a machine's identity.
 *
 * `NO_PROXY` is read as curl and Go do: `*`, a host or domain with everything
 * below it, an address, a network such as `10.0.0.0/8`, each with an optional
 * port.
 */
export function createProxyChoice({ httpsProxy, noProxy }: ProxySettings): ChooseProxy {
  const exceptions = noProxy.map(readException)
  return url => {
    if (httpsProxy === null || url.protocol !== 'https:') return null
    const host = url.hostname
      .toLowerCase()
      .replace(/^\[(.*)\]$/, '$1')
      .replace(/\.$/, '')
    if (isLoopback(host)) return null
    const port = url.port || '443'
    return exceptions.some(isException => isException(host, port)) ? null : httpsProxy
  }
}

type Exception = (host: string, port: string) => boolean

function readException(entry: string): Exception {
  if (entry === '*') return () => true
  const [address = '', prefix] = entry.split('/')
  if (prefix !== undefined && isIP(address) !== 0) return isWithin(address, Number(prefix))

  const [, name = entry, port] = /^(.+?):(\d+)$/.exec(isIP(entry) === 6 ? '' : entry) ?? []
  const domain = name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/^\*?\./, '')
  return (host, hostPort) =>
    (port === undefined || port === hostPort) && (host === domain || host.endsWith(`.${domain}`))
}

function isWithin(address: string, prefix: number): Exception {
  const list = new BlockList()
  list.addSubnet(address, prefix, isIP(address) === 4 ? 'ipv4' : 'ipv6')
  return host => isIP(host) !== 0 && list.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6')
}
