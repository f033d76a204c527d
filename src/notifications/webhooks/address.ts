import type { lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import ipaddr from 'ipaddr.js'
import { AppError } from '../../errors.ts'
import { isLoopback } from '../../platform/loopback.ts'

/** Where clouds answer for a machine's own identity and keys: refused even when private addresses are allowed. */
const metadataAddresses = new Set([
  '168.63.129.16',
  '169.254.169.254',
  '100.100.100.200',
  'fd00:ec2::254',
  'fd20:ce::254',
])

/** Ranges that `allowPrivate` opens; every other special range stays closed. */
const privateRanges = new Set(['loopback', 'private', 'uniqueLocal', 'carrierGradeNat'])

/** IPv6 outside of it is no global unicast, such as IPv4-compatible addresses (`::7f00:1`). */
const globalIpv6 = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether a message may be sent to this IP address: global unicast, and on
 * request private networks and this machine.
 *
 * @see IANA IPv4 and IPv6 Special-Purpose Address Registries
 */
export function isAllowedAddress(address: string, allowPrivate: boolean): boolean {
  if (!ipaddr.isValid(address)) return false
  // An IPv4 address written as IPv6 (`::ffff:127.0.0.1`) is judged as IPv4.
  const parsed = ipaddr.process(address)
  if (metadataAddresses.has(parsed.toString())) return false
  const range = parsed.range()
  if (privateRanges.has(range)) return allowPrivate
  return range === 'unicast' && (parsed.kind() === 'ipv4' || parsed.match(globalIpv6))
}

/**
 * Checks the address of a webhook. What its name resolves to is checked
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
        : 'No message is sent to this address: it is reserved, link-local or a cloud’s metadata service',
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
export function guardedLookup(allowPrivate: boolean, resolve: typeof lookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
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

function wrong(message: string): AppError {
  return new AppError('invalid', message, { details: { fields: { url: message } } })
}
