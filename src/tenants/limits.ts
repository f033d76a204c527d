import { z } from 'zod'
import { AppError } from '../errors.ts'
import { isGuid } from '../platform/guid.ts'
import { readTags } from './tags.ts'

/**
 * Which tenants somebody sees: every one, or those that carry one of the tags
 * and those in the list. Both empty: none.
 */
export type TenantLimits = 'all' | { tags: readonly string[]; ids: readonly string[] }

/** What the API and the pages send. */
export const limitsInput = z.union([
  z.literal('all'),
  z.strictObject({
    tags: z.array(z.string().max(200)).max(50).optional(),
    ids: z.array(z.string().max(50)).max(1000).optional(),
  }),
])

export type LimitsInput = z.infer<typeof limitsInput>

/** The limits of an actor that was stored as JSON. */
export const storedLimits = z.union([
  z.literal('all'),
  z.object({ tags: z.array(z.string()), ids: z.array(z.string()) }),
])

/** How limits stand in a row. */
export type LimitColumns = { seesAll: boolean; limitedToTags: string[]; limitedToIds: string[] }

/** @throws AppError `invalid` for what cannot be a tag or a tenant's id */
export function readLimits(input: LimitsInput): TenantLimits {
  if (input === 'all') return 'all'
  const ids = [...new Set((input.ids ?? []).map(id => id.trim().toLowerCase()).filter(id => id !== ''))]
  const odd = ids.find(id => !isGuid(id))
  if (odd !== undefined) {
    throw new AppError('invalid', `"${odd.toWellFormed().slice(0, 60)}" is not the id of a tenant`, {
      remedy: 'A tenant is named by its GUID, as its page shows it.',
      details: { fields: { ids: 'Write ids of tenants, as their pages show them' } },
    })
  }
  return { tags: readTags(input.tags ?? []), ids: ids.sort() }
}

export function limitsOf({ seesAll, limitedToTags: tags, limitedToIds: ids }: LimitColumns): TenantLimits {
  return seesAll ? 'all' : { tags, ids }
}

export function toLimitColumns(limits: TenantLimits): LimitColumns {
  return limits === 'all'
    ? { seesAll: true, limitedToTags: [], limitedToIds: [] }
    : { seesAll: false, limitedToTags: [...limits.tags], limitedToIds: [...limits.ids] }
}

/** What somebody sees: `every tenant`, `tenants tagged north`, `3 listed`, `no tenant` */
export function limitsWords(limits: TenantLimits): string {
  if (limits === 'all') return 'every tenant'
  const { tags, ids } = limits
  const parts = [
    ...(tags.length > 0 ? [`tenants tagged ${tags.join(', ')}`] : []),
    ...(ids.length > 0 ? [`${ids.length} listed`] : []),
  ]
  return parts.join(' and ') || 'no tenant'
}

/** One text for the same limits, in whatever order they were written. */
export function limitsKey(limits: TenantLimits): string {
  return limits === 'all' ? 'all' : JSON.stringify([limits.tags.toSorted(), limits.ids.toSorted()])
}
