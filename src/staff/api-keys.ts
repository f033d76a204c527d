import { createHash, randomBytes } from 'node:crypto'
import type { Audit } from '../audit/audit.ts'
import { AppError } from '../errors.ts'
import { type Actor, requireAct, type StaffRole } from '../tenants/actor.ts'
import type { StaffStore } from './store.ts'

/** What may be shown of a key; the key itself is shown once, when it is made. */
export type ApiKeyView = {
  id: string
  name: string
  role: StaffRole
  prefix: string
  limitedToTags: string[]
  createdBy: string
  createdAt: string
  lastUsedAt: string | null
  revokedAt: string | null
}

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')

/** Keys for programs. 256 random bits need no slow hash: there is nothing to guess. */
export function createApiKeys({
  store,
  audit,
  now = () => new Date(),
}: {
  store: StaffStore
  audit: Audit
  now?: () => Date
}) {
  return {
    /** @returns the key, for the only time */
    async create(
      actor: Actor,
      { name, role, limitedToTags = [] }: { name: string; role: StaffRole; limitedToTags?: string[] },
    ): Promise<{ key: string; view: ApiKeyView }> {
      requireAct(actor, 'manage-staff')
      const key = `tnt_${randomBytes(32).toString('base64url')}`
      const row = await store.addKey({
        name,
        role,
        limitedToTags,
        hash: hashOf(key),
        prefix: key.slice(0, 8),
        createdBy: actor.label,
      })
      await audit.record({ actor, action: 'api-key.created', target: name, detail: { role, limitedToTags } })
      return { key, view: toView(row) }
    },

    /** @throws AppError `unauthenticated` for a key that is unknown or revoked */
    async actorOf(key: string): Promise<Actor> {
      const row = key.startsWith('tnt_') ? await store.keyByHash(hashOf(key)) : null
      if (!row || row.revokedAt) {
        throw new AppError('unauthenticated', 'the API key is not known or was revoked', {
          remedy:
            'Send "Authorization: Bearer <API key>" with a key made on the settings page or by "tenantry api-key create".',
        })
      }
      const at = now()
      // Once a minute is enough to see that a key is in use.
      if (!row.lastUsedAt || at.getTime() - row.lastUsedAt.getTime() > 60_000)
        await store.touchKey(row.id, at)
      return {
        kind: 'api-key',
        id: row.id,
        label: row.name,
        role: row.role as StaffRole,
        limitedToTags: row.limitedToTags,
      }
    },

    async list(actor: Actor): Promise<ApiKeyView[]> {
      requireAct(actor, 'manage-staff')
      return (await store.keys()).map(toView)
    },

    async revoke(actor: Actor, id: string): Promise<void> {
      requireAct(actor, 'manage-staff')
      const revoked = await store.revokeKey(id, now())
      if (!revoked) throw new AppError('not_found', 'there is no such API key, or it was revoked already')
      await audit.record({ actor, action: 'api-key.revoked', target: revoked.name })
    },
  }
}

export type ApiKeys = ReturnType<typeof createApiKeys>

function toView(row: Awaited<ReturnType<StaffStore['addKey']>>): ApiKeyView {
  return {
    id: row.id,
    name: row.name,
    role: row.role as StaffRole,
    prefix: row.prefix,
    limitedToTags: row.limitedToTags,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  }
}
