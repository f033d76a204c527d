import { z } from 'zod'
import type { TenantLimits } from '../../tenants/limits.ts'

/** Schemas that several API routes share. They check, and they are what OpenAPI shows. */

export const time = z.iso.datetime().describe('ISO 8601, UTC')

const contactPart = (what: string) => z.string().max(300).nullable().describe(what)

export const contact = z
  .object({
    name: contactPart('A person at the customer'),
    email: contactPart('One plain address; reminders are mailed to it'),
    phone: contactPart('Digits, with a + for the country'),
  })
  .describe('Whom to ask at the customer')

/** As it is written: what is left out is not known. */
export const contactDraft = z
  .strictObject(contact.partial().shape)
  .nullable()
  .describe('Whom to ask at the customer; null: nobody')

export const tenantId = z.guid().describe('GUID of the Entra tenant')

export const listQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  cursor: z.string().max(500).optional().describe('`nextCursor` of the page before'),
})

export function listOf<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() })
}

/** Of what Microsoft is asked for page by page. */
export const incomplete = z
  .boolean()
  .describe('True when entries may be missing: Microsoft sent empty pages that point to further ones')

export function withIncomplete<T extends { isIncomplete: boolean }>({ isIncomplete, ...rest }: T) {
  return { ...rest, incomplete: isIncomplete }
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

/** Which tenants somebody sees. */
export const limits = z
  .union([z.literal('all'), z.object({ tags: z.array(z.string()), ids: z.array(z.string()) })])
  .describe('Every tenant, or those with one of the tags and those listed; both empty: none')

export function toLimits(tenants: TenantLimits): z.infer<typeof limits> {
  return tenants === 'all' ? tenants : { tags: [...tenants.tags], ids: [...tenants.ids] }
}
