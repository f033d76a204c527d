import { isIP } from 'node:net'

/**
 * Whether a host means this machine and nothing else.
 *
 * @param host a name or an address as `URL.hostname` or a socket gives it; IPv6 with or without brackets
 */
export function isLoopback(host: string): boolean {
  const plain = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  const v4 = plain.replace(/^::ffff:(?=\d+\.)/, '')
  return plain === 'localhost' || plain === '::1' || (isIP(v4) === 4 && v4.startsWith('127.'))
}
