import { lookup } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import { AppError } from '../../errors.ts'

/**
 * Addresses that are not on the public internet.
 *
 * @see IANA IPv4 and IPv6 Special-Purpose Address Registries
 */
const special = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  special.addSubnet(network, prefix, 'ipv4')
for (const [network, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  special.addSubnet(network, prefix, 'ipv6')

/** Where clouds answer for a machine's own identity and keys: never, whoever allows private addresses. */
const linkLocal = new BlockList()
linkLocal.addSubnet('169.254.0.0', 16, 'ipv4')
linkLocal.addSubnet('fe80::', 10, 'ipv6')
linkLocal.addAddress('fd00:ec2::254', 'ipv6')

/** Whether a message may be sent to this IP address. */
export function isAllowedAddress(address: string, allowPrivate: boolean): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, '')
  const version = isIP(plain)
  if (version === 0) return false
  const family = version === 4 ? 'ipv4' : 'ipv6'
  // An IPv4 address in the clothes of IPv6, in digits, is judged by neither list.
  if (version === 6 && /^::ffff:/i.test(plain)) return false
  if (linkLocal.check(plain, family)) return false
  return allowPrivate || !special.check(plain, family)
}

/**
 * Checks where a webhook is to lie. What its name resolves to is checked
 * again for every message, by `guardedLookup`.
 *
 * @throws AppError `invalid` with `details.fields`
 */
export function readWebhookUrl(text: string, allowPrivate: boolean): string {
  const url = URL.parse(text.trim())
  if (!url || !['https:', 'http:'].includes(url.protocol))
    throw wrong('Write a whole address that begins with https://')
  if (url.username || url.password) throw wrong('Leave user name and password out of the address')
  if (url.hash) throw wrong('Leave the part behind # out of the address')
  const host = hostOf(url)
  if (url.protocol === 'http:' && !isLoopback(host)) {
    throw wrong('Use https: plain http is for programs on this machine only')
  }
  const isPrivateName = isLoopback(host) || /\.(local|internal|localhost)$/.test(host) || !/[.:]/.test(host)
  if (isPrivateName && !allowPrivate) {
    throw wrong('This lies in a private network or on this machine: allow that below if it is meant')
  }
  if (isIP(host) !== 0 && !isAllowedAddress(host, allowPrivate)) {
    throw wrong(
      isAllowedAddress(host, true)
        ? 'This address is not on the public internet: allow private addresses below if it is meant'
        : 'No message is sent to link-local addresses',
    )
  }
  if (url.href.length > 2000) throw wrong('Use an address of at most 2,000 characters')
  return url.href
}

/** The host of an address, IPv6 without its brackets. */
export function hostOf(url: URL): string {
  return url.hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1')
}

/**
 * Name resolution that leaves out addresses to which nothing may be sent, so
 * that a name which changes its mind between check and call gains nothing.
 */
export function guardedLookup(allowPrivate: boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const allowed = error ? [] : addresses.filter(({ address }) => isAllowedAddress(address, allowPrivate))
      const first = allowed[0]
      if (error || !first) {
        const refusal =
          error ??
          Object.assign(new Error(`${hostname} has no address that messages may be sent to`), {
            code: 'EADDRREFUSED',
          })
        callback(refusal, '', 0)
      } else if (options.all) {
        callback(null, allowed)
      } else {
        callback(null, first.address, first.family)
      }
    })
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

function wrong(message: string): AppError {
  return new AppError('invalid', message, { details: { fields: { url: message } } })
}
