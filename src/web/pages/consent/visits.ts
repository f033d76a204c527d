import type { FastifyRequest } from 'fastify'

/** Programs that fetch links to preview or scan them name themselves; people's browsers do not. */
const programs =
  /bot\b|crawl|spider|preview|scanner|safelinks|slurp|facebookexternalhit|whatsapp|skypeuripreview|embedly|linkexpand|barracuda|proofpoint|mimecast|google-read-aloud|headlesslinkcheck/i

/**
 * Whether somebody looks at the page, as far as a request can tell: not a HEAD,
 * not a browser that loads ahead, not a mail filter or a chat's preview.
 */
export function isVisit(request: FastifyRequest): boolean {
  if (request.method !== 'GET') return false
  const { headers } = request
  const purpose = `${headers['sec-purpose'] ?? ''} ${headers.purpose ?? ''} ${headers['x-moz'] ?? ''}`
  if (/prefetch|prerender|preview/i.test(purpose)) return false
  return !programs.test(headers['user-agent'] ?? '')
}
