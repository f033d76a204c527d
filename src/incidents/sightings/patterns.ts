import ipaddr from 'ipaddr.js'
import type { IndicatorKind } from './kinds.ts'

type Range = ReturnType<typeof ipaddr.parseCIDR>

/** A domain as it stands in evidence: labels with dots between, no scheme, no path. */
const domain = /^(?:[a-z0-9_-]{1,63}\.)+[a-z0-9-]{2,63}$/

/** Shorter patterns with a wildcard would ignore nearly everything. */
const leastLetters = 4

/**
 * Checks a pattern and writes it as it is compared.
 *
 * - `ip`: an address, or a range such as `192.0.2.0/24`
 * - `domain`: the domain and everything below it
 * - `sender`: an address, or `@example.com` for all of a domain
 * - `hash`: the digest
 * - `process`: the whole command line; `*` stands for any text
 *
 * @returns null when it is none of its kind
 */
export function normalizePattern(kind: IndicatorKind, text: string): string | null {
  const pattern = text.trim().toLowerCase().toWellFormed()
  if (pattern === '' || pattern.length > 600) return null
  switch (kind) {
    case 'ip':
      return isAddress(pattern) || isRange(pattern) ? pattern : null
    case 'domain': {
      const bare = pattern.replace(/^(\*\.|\.)/, '')
      return domain.test(bare) ? bare : null
    }
    case 'sender':
      return /^[^\s@]*@[^\s@]+$/.test(pattern) ? pattern : null
    case 'hash':
      return /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/.test(pattern) ? pattern : null
    case 'process':
      return pattern.replaceAll('*', '').length >= leastLetters ? pattern : null
  }
}

/** Makes the test whether a value is on the list. Patterns that do not parse fit nothing. */
export function matchPatterns(
  patterns: readonly { kind: string; pattern: string }[],
): (kind: string, value: string) => boolean {
  const exact = new Set(patterns.map(({ kind, pattern }) => `${kind} ${pattern}`))
  const of = (kind: IndicatorKind) => patterns.filter(one => one.kind === kind).map(({ pattern }) => pattern)
  const ranges = of('ip').flatMap(pattern => (isRange(pattern) ? [ipaddr.parseCIDR(pattern)] : []))
  const commandLines = of('process').filter(pattern => pattern.includes('*'))

  return (kind, value) => {
    if (exact.has(`${kind} ${value}`)) return true
    if (kind === 'ip') return isAddress(value) && isWithin(value, ranges)
    if (kind === 'domain') return parents(value).some(parent => exact.has(`domain ${parent}`))
    if (kind === 'sender') return exact.has(`sender ${value.slice(value.lastIndexOf('@'))}`)
    return kind === 'process' && commandLines.some(pattern => fitsWildcards(pattern, value))
  }
}

/** `10.1` and `0x0a000001` are addresses to some programs; nobody means them here. */
function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text)
}

/** Wider ranges would ignore a good part of the internet. */
const leastBits = { ipv4: 8, ipv6: 7 }

function isRange(text: string): boolean {
  if (!isAddress(text.split('/')[0] ?? '') || !ipaddr.isValidCIDR(text)) return false
  const [start, bits] = ipaddr.parseCIDR(text)
  return bits >= leastBits[start.kind()]
}

function isWithin(value: string, ranges: readonly Range[]): boolean {
  const address = ipaddr.process(value)
  return ranges.some(([start, bits]) => start.kind() === address.kind() && address.match(start, bits))
}

/** `a.b.example`: `b.example`, `example` */
function parents(value: string): string[] {
  const labels = value.split('.')
  return labels.slice(1).map((_label, index) => labels.slice(index + 1).join('.'))
}

/** `*` stands for any text. No regular expression: staff write these, and a hostile one must not take long. */
export function fitsWildcards(pattern: string, value: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const last = rest.pop()
  if (last === undefined) return pattern === value
  if (!value.startsWith(first) || value.length < first.length + last.length || !value.endsWith(last))
    return false
  const end = value.length - last.length
  let position = first.length
  for (const part of rest) {
    const found = value.indexOf(part, position)
    if (found < 0 || found + part.length > end) return false
    position = found + part.length
  }
  return true
}
