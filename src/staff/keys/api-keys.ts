import type { Audit } from '../../audit/audit.ts'
import { AppError } from '../../errors.ts'
import { isGuid } from '../../platform/guid.ts'
import { storableText } from '../../platform/storable.ts'
import type { Actor, RequestOrigin, StaffRole } from '../../tenants/actor.ts'
import { limitsOf, type TenantLimits } from '../../tenants/limits.ts'
import { requireAct } from '../../tenants/permissions.ts'
import { type IsWithin, requireHeld } from '../delegation.ts'
import type { KeyState, KeyStates } from './key-state.ts'
import { isKeyText, keyHash, newKeyText } from './key-text.ts'
import { isWithinNetworks, readNetworks } from './networks.ts'
import type { KeyRow, KeyStore } from './store.ts'

/** What may be shown of a key; the key itself is shown once, when it is made. */
export type ApiKeyView = {
  id: string
  name: string
  role: StaffRole
  prefix: string
  tenants: TenantLimits
  /** Networks it may be used from; empty: from everywhere. */
  addresses: string[]
  createdBy: string
  createdAt: string
  expiresAt: string
  lastUsedAt: string | null
  lastUsedAddress: string | null
  revokedAt: string | null
  /** Why it does not work, as the end of a sentence about it; null while it works. */
  stopped: string | null
}

export type KeyRequest = {
  name: string
  role: StaffRole
  tenants?: TenantLimits
  /** Whole days; the usual ones without it. */
  expiresInDays?: number
  addresses?: readonly string[]
}

export type KeyLife = { usualDays: number; mostDays: number }

const dayMs = 86_400_000
const notedEveryMs = 60_000

/** Keys for programs. */
export function createApiKeys({
  store,
  states,
  isWithin,
  audit,
  life,
  now,
}: {
  store: KeyStore
  states: KeyStates
  isWithin: IsWithin
  audit: Audit
  life: KeyLife
  now: () => Date
}) {
  /** Who is limited knows the keys that see no more, and their own. */
  async function isKnownTo(actor: Actor, row: KeyRow): Promise<boolean> {
    return row.ownerId === actor.id || (await isWithin(limitsOf(row), actor.tenants))
  }

  return {
    /** @returns the key, for the only time. @throws AppError `forbidden`, `invalid` */
    async create(actor: Actor, request: KeyRequest): Promise<{ key: string; view: ApiKeyView }> {
      requireAct(actor, 'key.manage')
      const { role, tenants = 'all' } = request
      await requireHeld(isWithin, actor, { tenants, role })
      const at = now()
      const days = readDays(request.expiresInDays ?? Math.min(life.usualDays, life.mostDays), life)
      const addresses = readNetworks(request.addresses ?? [])
      const key = newKeyText()
      const ownerId = await ownerOf(actor)
      const row = await store.transaction(async tx => {
        const made = await store.add(tx, {
          name: readName(request.name),
          role,
          tenants,
          addresses,
          hash: keyHash(key),
          prefix: key.slice(0, 8),
          createdBy: actor.label,
          ownerId,
          createdAt: at,
          expiresAt: new Date(at.getTime() + days * dayMs),
        })
        const detail = { id: made.id, role, tenants, addresses, expiresAt: made.expiresAt.toISOString() }
        await audit.record({ actor, action: 'api-key.created', target: made.name, detail }, tx)
        return made
      })
      return { key, view: toView(row, null) }
    },

    /** @throws AppError `unauthenticated` for a key that is unknown, stopped, or used from where it may not be */
    async actorOf(key: string, from: RequestOrigin): Promise<Actor> {
      const row = isKeyText(key) ? await store.byHash(keyHash(key)) : null
      if (!row) throw refused('is not known or was revoked')
      const state = (await states([row])).get(row.id)
      if (!state?.actor) throw refused(state?.reason ?? 'is not known or was revoked')
      if (row.addresses.length > 0 && !isWithinNetworks(from.address, row.addresses))
        throw refused(`may not be used from ${from.address}`)

      const at = now()
      // Once a minute is enough to see that a key is in use.
      const notedBefore = new Date(at.getTime() - notedEveryMs)
      if (!row.lastUsedAt || row.lastUsedAt < notedBefore)
        await store.noteUse(row.id, { at, address: storableText(from.address, 100), notedBefore })
      return { ...state.actor, from }
    },

    /** Those that the actor may know of. */
    async list(actor: Actor): Promise<ApiKeyView[]> {
      requireAct(actor, 'key.manage')
      const rows = await store.all()
      const known: KeyRow[] = []
      for (const row of rows) if (await isKnownTo(actor, row)) known.push(row)
      const found = await states(known)
      return known.map(row => toView(row, found.get(row.id)))
    },

    /** Streams and downloads of the key end within seconds. @throws AppError `forbidden`, `not_found` */
    async revoke(actor: Actor, id: string): Promise<void> {
      requireAct(actor, 'key.manage')
      const [row] = isGuid(id) ? await store.byIds([id.toLowerCase()]) : []
      if (!row || !(await isKnownTo(actor, row))) throw noSuchKey()
      await store.transaction(async tx => {
        if (!(await store.revoke(tx, row.id, now()))) throw noSuchKey()
        await audit.record({ actor, action: 'api-key.revoked', target: row.name, detail: { id: row.id } }, tx)
      })
    },
  }

  /** A key that makes another one hands on who answers for it: nobody outlives their leave by a chain of keys. */
  async function ownerOf(actor: Actor): Promise<string | null> {
    if (actor.kind === 'staff') return actor.id
    const [made] = actor.kind === 'api-key' ? await store.byIds([actor.id]) : []
    return made?.ownerId ?? null
  }
}

export type ApiKeys = ReturnType<typeof createApiKeys>

/** @param reason the end of a sentence about the key */
function refused(reason: string): AppError {
  return new AppError('unauthenticated', `the API key ${reason}`, {
    remedy:
      'Send "Authorization: Bearer <API key>" with a key made on the settings page or by "tenantry api-key create".',
  })
}

function readName(text: string): string {
  const name = storableText(text.trim(), 100)
  if (name !== '') return name
  throw new AppError('invalid', 'a key needs a name', {
    details: { fields: { name: 'Say what the key is for' } },
  })
}

function readDays(days: number, { mostDays }: KeyLife): number {
  if (Number.isInteger(days) && days >= 1 && days <= mostDays) return days
  const message = `a key works for 1 to ${mostDays} days`
  throw new AppError('invalid', message, { details: { fields: { expiresInDays: message } } })
}

function noSuchKey(): AppError {
  return new AppError('not_found', 'there is no such API key, or it was revoked already')
}

function toView(row: KeyRow, state: KeyState | null | undefined): ApiKeyView {
  return {
    id: row.id,
    name: row.name,
    role: row.role as StaffRole,
    prefix: row.prefix,
    tenants: limitsOf(row),
    addresses: row.addresses,
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    lastUsedAddress: row.lastUsedAddress,
    revokedAt: row.revokedAt?.toISOString() ?? null,
    stopped: state?.reason ?? null,
  }
}
