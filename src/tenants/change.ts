import { AppError } from '../errors.ts'
import { type Actor, sees } from './actor.ts'
import { readCustomerName } from './customer-name.ts'
import type { TenantRecord } from './store.ts'
import { readTags } from './tags.ts'

/**
 * The name and the tags that a tenant has after a change; what is left out stays.
 *
 * @throws AppError `invalid` with `details.fields`
 */
export function readTenantChange(
  actor: Actor,
  tenant: TenantRecord,
  wanted: { name?: string | undefined; tags?: readonly string[] | undefined },
): { name: string; tags: string[] } {
  return {
    name:
      wanted.name === undefined ? tenant.name : inField('name', () => readCustomerName(wanted.name ?? '')),
    tags:
      wanted.tags === undefined
        ? tenant.tags
        : inField('tags', () => readOwnTags(actor, tenant, wanted.tags ?? [])),
  }
}

function readOwnTags(actor: Actor, tenant: TenantRecord, tags: readonly string[]): string[] {
  const read = readTags(tags)
  if (sees(actor, { id: tenant.id, tags: read })) return read
  const own = actor.tenants === 'all' ? [] : actor.tenants.tags
  throw new AppError('invalid', 'without one of your own tags you would no longer see this tenant', {
    remedy: `Keep at least one of: ${own.join(', ')}.`,
  })
}

/** Reads a field, and says which field it was when that is refused. */
function inField<T>(field: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const { code, message, remedy } = error
    throw new AppError(code, message, {
      ...(remedy ? { remedy } : {}),
      details: { fields: { [field]: [message, remedy].filter(Boolean).join('. ') } },
    })
  }
}
