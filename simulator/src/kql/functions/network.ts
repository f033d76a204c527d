import { BlockList, isIPv6 } from 'node:net'
import { regexOf } from '../scalar/regex.ts'
import type { KqlValue } from '../types.ts'
import { toText } from '../values/convert.ts'
import type { FunctionTable } from './define.ts'
import { define, listOf } from './define.ts'

type Range = { address: number; prefix: number }

/** The number of a dotted IPv4 address, or null. */
function parseIpv4(text: string): number | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text.trim())
  if (!parts) return null
  const bytes = parts.slice(1).map(Number)
  if (bytes.some(byte => byte > 255)) return null
  return bytes.reduce((number, byte) => number * 256 + byte, 0)
}

/** An address with or without `/prefix`. */
function parseRange(text: string): Range | null {
  const [address = '', prefix = '32', ...rest] = text.split('/')
  const number = parseIpv4(address)
  if (number === null || rest.length > 0 || !/^\d{1,2}$/.test(prefix) || Number(prefix) > 32) return null
  return { address: number, prefix: Number(prefix) }
}

function masked(address: number, prefix: number): number {
  return prefix === 0 ? 0 : Math.floor(address / 2 ** (32 - prefix)) * 2 ** (32 - prefix)
}

/** -1, 0 or 1; the shortest of the prefixes counts; null when a text is no address. */
function compareIpv4(a: string, b: string, prefix = 32): number | null {
  const [x, y] = [parseRange(a), parseRange(b)]
  if (!x || !y) return null
  const shortest = Math.min(x.prefix, y.prefix, prefix)
  return Math.sign(masked(x.address, shortest) - masked(y.address, shortest)) + 0
}

function isInRange(ip: string, range: string): boolean | null {
  const [address, network] = [parseIpv4(ip), parseRange(range)]
  if (address === null || !network) return null
  return masked(address, network.prefix) === masked(network.address, network.prefix)
}

const privateRanges = ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']

function isPrivate(text: string): boolean | null {
  const range = parseRange(text)
  if (!range) return null
  const ip = text.split('/')[0] ?? ''
  return privateRanges.some(network => isInRange(ip, network) === true)
}

function isIn(family: 'ipv4' | 'ipv6', ip: string, range: string): boolean | null {
  const [network = '', prefix] = range.split('/')
  if (family === 'ipv4') return isInRange(ip, range)
  if (!isIPv6(ip) || !isIPv6(network)) return isInRange(ip, range)
  const bits = Number(prefix ?? 128)
  if (!Number.isInteger(bits) || bits < 0 || bits > 128) return null
  const list = new BlockList()
  list.addSubnet(network, bits, 'ipv6')
  return list.check(ip, 'ipv6')
}

function isInAny(family: 'ipv4' | 'ipv6') {
  return define(['string', 'dynamic'], (ip, ranges): KqlValue => {
    const list = listOf(ranges) ?? [ranges]
    return list.some(range => isIn(family, ip, toText(range, 'dynamic')) === true)
  })
}

/** Whether an address stands in the text with no letter, digit or dot beside it. */
function hasIpv4(text: string, wanted: string): boolean {
  if (parseIpv4(wanted) === null) return false
  return regexOf(`(?<![0-9A-Za-z.])${wanted.replaceAll('.', '\\.')}(?![0-9A-Za-z.])`).test(text)
}

function hasIpv4Prefix(text: string, prefix: string): boolean {
  const found = text.matchAll(/(?<![0-9A-Za-z.])\d{1,3}(?:\.\d{1,3}){3}(?![0-9A-Za-z])/g)
  return [...found].some(match => {
    if (parseIpv4(match[0]) === null) return false
    return prefix.endsWith('.') || parseIpv4(prefix) !== null ? match[0].startsWith(prefix) : false
  })
}

function withList(test: (text: string, wanted: string) => boolean) {
  return define(['string', 'dynamic'], (text, wanted) => {
    return (listOf(wanted) ?? [wanted]).some(item => test(text, toText(item, 'dynamic')))
  })
}

/** @see Kusto query language, "Scalar functions", IPv4/IPv6 functions */
export const networkFunctions: FunctionTable = {
  parse_ipv4: define(['string'], text => {
    const range = parseRange(text)
    return range && masked(range.address, range.prefix)
  }),
  parse_ipv4_mask: define(['string', 'long'], (text, prefix) => {
    const address = parseIpv4(text)
    return address === null || prefix < 0 || prefix > 32 ? null : masked(address, prefix)
  }),
  format_ipv4: define(['any', 'long?'], (value, prefix = 32) => {
    const address = typeof value === 'string' ? parseIpv4(value) : typeof value === 'number' ? value : null
    if (address === null || address < 0 || address >= 2 ** 32 || prefix < 0 || prefix > 32) return ''
    const number = masked(address, prefix)
    return [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.')
  }),
  ipv4_compare: define(['string', 'string', 'long?'], compareIpv4),
  ipv4_is_match: define(['string', 'string', 'long?'], (a, b, prefix) => {
    const order = compareIpv4(a, b, prefix)
    return order === null ? null : order === 0
  }),
  ipv4_is_in_range: define(['string', 'string'], isInRange),
  ipv4_is_in_any_range: isInAny('ipv4'),
  ipv4_is_private: define(['string'], isPrivate),
  ipv4_netmask_suffix: define(['string'], text => parseRange(text)?.prefix ?? null),
  ipv6_is_match: define(['string', 'string', 'long?'], (a, b, prefix) => {
    const [address = ''] = a.split('/')
    const [network = '', own = '128'] = b.split('/')
    if (!isIPv6(address) || !isIPv6(network)) {
      const order = compareIpv4(a, b, prefix)
      return order === null ? null : order === 0
    }
    const bits = Math.min(Number(own), Number(a.split('/')[1] ?? 128), prefix ?? 128)
    return isIn('ipv6', address, `${network}/${bits}`)
  }),
  ipv6_is_in_range: define(['string', 'string'], (ip, range) => isIn('ipv6', ip, range)),
  ipv6_is_in_any_range: isInAny('ipv6'),
  has_ipv4: define(['string', 'string'], hasIpv4),
  has_any_ipv4: withList(hasIpv4),
  has_ipv4_prefix: define(['string', 'string'], hasIpv4Prefix),
  has_any_ipv4_prefix: withList(hasIpv4Prefix),
}
