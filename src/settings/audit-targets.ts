import type { AnchorTarget } from '../audit/anchors/sinks.ts'
import type { ForwardTarget } from '../audit/forwarding.ts'
import { isLoopback } from '../platform/loopback.ts'
import { type Kind, Unusable } from './kinds.ts'

const remedy =
  'use https://…, syslog+tls://host:6514, put+https://… (a folder that takes PUT), or file, separated by commas'

/** Targets of heads, separated by commas: `file`, `https://…`, `put+https://…`, `syslog+tls://host:port`. */
export const anchorTargets: Kind<AnchorTarget[]> = value => {
  const entries = value.split(',').flatMap(entry => entry.trim() || [])
  return entries.map(entry => (entry === 'file' ? { kind: 'file' } : target(entry)))
}

/** One target of all events: `https://…` or `syslog+tls://host:port`. */
export const forwardTarget: Kind<ForwardTarget> = value => {
  const found = target(value)
  if (found.kind === 'syslog') return found
  if (found.kind === 'webhook') return { kind: 'webhook', url: found.url }
  throw new Unusable('is a folder for files', 'use https://… or syslog+tls://host:6514')
}

/** Messages repeat no address, as it may hold a token. */
function target(entry: string): Exclude<AnchorTarget, { kind: 'file' }> {
  const isBlob = entry.startsWith('put+')
  const url = URL.parse(isBlob ? entry.slice(4) : entry)
  if (!url || url.hostname === '') throw new Unusable('holds an entry that is no address', remedy)
  if (url.protocol === 'syslog+tls:' && !isBlob) {
    return { kind: 'syslog', host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) || 6514 }
  }
  const isSafe = url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname))
  if (!isSafe) throw new Unusable(`holds an address that begins with ${url.protocol}`, remedy)
  return { kind: isBlob ? 'blob' : 'webhook', url: url.href }
}
