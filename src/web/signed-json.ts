import type { FastifyRequest } from 'fastify'
import type { z } from 'zod'

/** An object as the value of a signed cookie. */
export function toSignedJson(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

/**
 * Reads such a cookie.
 *
 * @returns null for one that is missing or forged, and for one of our own under another name: the signature does not cover the name
 */
export function readSignedJson<T>(request: FastifyRequest, name: string, schema: z.ZodType<T>): T | null {
  const { valid, value } = request.unsignCookie(request.cookies[name] ?? '')
  if (!valid || !value) return null
  const read = schema.safeParse(parsed(Buffer.from(value, 'base64url').toString()))
  return read.success ? read.data : null
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
