import { z } from 'zod'

/** Schemas that several API routes share. They check, and they are what OpenAPI shows. */

export const time = z.iso.datetime().describe('ISO 8601, UTC')

export const tenantId = z.guid().describe('GUID of the Entra tenant')

export const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional().describe('`nextCursor` of the page before'),
})

export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

export const problem = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number().int(),
    code: z.string().describe('Stable name of the problem'),
    detail: z.string(),
    remedy: z.string().nullable(),
    instance: z.string().describe('Reference of this request in the log'),
  })
  .loose()
  .describe('RFC 9457 problem document')

/** Refusals that any call can meet. */
export const refusals = {
  401: problem,
  403: problem,
  404: problem,
  422: problem,
  429: problem,
  500: problem,
} as const

export const failure = z
  .object({
    code: z.string(),
    message: z.string(),
    remedy: z.string(),
    permanent: z.boolean(),
    requestId: z.string().nullable(),
    at: z.string(),
  })
  .describe('Why a call to Microsoft failed, and what to do')
