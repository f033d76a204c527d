import { z } from 'zod'
import { readLimits, type TenantLimits } from '../../../tenants/limits.ts'

/** Fields of a form that says which tenants somebody sees. */
export const limitsFields = {
  sees: z.enum(['all', 'some']).catch('all').default('all'),
  tags: z.string().max(2000).catch('').default(''),
  ids: z.string().max(40_000).catch('').default(''),
}

type Fields = { sees: 'all' | 'some'; tags: string; ids: string }

/** @throws AppError `invalid` for what cannot be a tag or a tenant's id */
export function limitsFrom({ sees, tags, ids }: Fields): TenantLimits {
  if (sees === 'all') return 'all'
  return readLimits({ tags: split(tags, /,/), ids: split(ids, /[\s,]+/) })
}

export function fieldsOf(limits: TenantLimits): Fields {
  if (limits === 'all') return { sees: 'all', tags: '', ids: '' }
  return { sees: 'some', tags: limits.tags.join(', '), ids: limits.ids.join('\n') }
}

export function split(text: string, by: RegExp): string[] {
  return text
    .split(by)
    .map(part => part.trim())
    .filter(part => part !== '')
}
