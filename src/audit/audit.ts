import type { Database } from '../platform/database/index.ts'
import { pageLimit, readNumberCursor } from '../platform/paging.ts'
import { storableJson, storableText } from '../platform/storable.ts'
import { type Actor, systemActor } from '../tenants/actor.ts'
import { type AuditEventView, toAuditView } from './audit-view.ts'
import { type ChainedEvent, chainHash, currentShape, genesisHash, headSeal, isSameSeal } from './chain.ts'
import {
  type AuditFilters,
  appendRow,
  beginAppend,
  type ChainEnd,
  findRows,
  type Transaction,
} from './store.ts'
import { type BrokenHead, type ChainCheck, chainBroken } from './verification/broken.ts'
import type { Restore } from './verification/restores.ts'
import { type AuditPlaces, verifyChain } from './verification/verify-chain.ts'

/** What happened, before it has a place in the chain. */
export type NewAuditEvent = {
  actor: Actor
  /** `domain.verb`, e.g. `invitation.created`, `tenant.connected`. */
  action: string
  tenantId?: string | null
  tenantName?: string | null
  /** What was acted on, in words or by id. */
  target?: string | null
  result?: 'ok' | 'refused' | 'failed'
  /** Never a secret, token or link. */
  detail?: Record<string, unknown>
}

export type VerifyChainOptions = {
  onProgress?: (events: number) => unknown
  /** Heads that were collected elsewhere, in place of this process's own file. */
  anchorFile?: string
  /** Counted as if it were acknowledged. */
  restore?: Restore
}

export type Audit = {
  /**
   * Appends one event. With a transaction it commits or vanishes with the rest
   * of that transaction; call it last there, as it holds the chain's lock
   * until the end.
   */
  record(event: NewAuditEvent, tx?: Transaction): Promise<void>
  /**
   * Reads the whole chain and finds the first event that does not hold; with
   * what is kept outside the database, where this audit knows the places.
   */
  verifyChain(options?: VerifyChainOptions): Promise<ChainCheck>
  /** Newest first; `limit` 1–200. @throws AppError `invalid` for a bad cursor */
  list(
    actor: Actor,
    filters?: AuditFilters,
    page?: { limit?: number; cursor?: string | null },
  ): Promise<{ items: AuditEventView[]; nextCursor: string | null }>
}

/** Writers queue for the chain: a burst of events waits, and is not lost. Milliseconds. */
const patience = { maxWait: 15_000, timeout: 15_000 }

/** @param key installation key, 32 bytes; not in the database */
export function createAudit({
  db,
  key,
  places = null,
  now = () => new Date(),
}: {
  db: Database
  key: Buffer
  /** What is outside the database; null: nothing. */
  places?: AuditPlaces | null
  now?: () => Date
}): Audit {
  async function append(tx: Transaction, event: NewAuditEvent): Promise<void> {
    const { head, last } = await beginAppend(tx)
    // The head, not the last row, says where to go on: a row removed from the
    // end leaves a gap for good instead of being papered over.
    const previous = isAfter(last, head) ? last : head
    const broken = brokenHead(head, last)
    // Nothing is sealed anew in silence: an event says for good that the head was not ours.
    const marker: NewAuditEvent = {
      actor: systemActor,
      action: chainBroken,
      result: 'failed',
      detail: { reason: broken, lastId: last?.id ?? null },
    }
    await write(tx, broken ? await write(tx, previous, marker) : previous, event)
  }

  function brokenHead(head: ChainEnd['head'], last: ChainEnd['last']): BrokenHead | null {
    if (!head) return last ? 'head_missing' : null
    if (!isSameSeal(head.seal, headSeal(key, head.id, head.hash))) return 'head_forged'
    return isAfter(last, head) ? 'head_outdated' : null
  }

  async function write(
    tx: Transaction,
    previous: { id: bigint; hash: string } | null,
    { actor, ...event }: NewAuditEvent,
  ): Promise<{ id: bigint; hash: string }> {
    const previousHash = previous?.hash ?? genesisHash
    const chained: ChainedEvent = {
      id: (previous?.id ?? 0n) + 1n,
      at: now(),
      actorKind: actor.kind,
      actorId: storableText(actor.id, 200),
      actorLabel: storableText(actor.label, 200),
      action: event.action,
      tenantId: event.tenantId ?? null,
      tenantName: event.tenantName ? storableText(event.tenantName, 400) : null,
      target: event.target ? storableText(event.target, 400) : null,
      result: event.result ?? 'ok',
      detail: event.detail ? storableJson(event.detail) : {},
      shape: currentShape,
      actorRole: actor.role,
      address: actor.from ? storableText(actor.from.address, 100) : null,
      requestId: actor.from?.requestId ? storableText(actor.from.requestId, 100) : null,
    }
    const hash = chainHash(key, previousHash, chained)
    const row = { ...chained, at: chained.at.toISOString(), detail: chained.detail ?? {}, previousHash, hash }
    await appendRow(tx, row, headSeal(key, chained.id, hash))
    return { id: chained.id, hash }
  }

  return {
    record: (event, tx) => (tx ? append(tx, event) : db.$transaction(own => append(own, event), patience)),

    verifyChain({ anchorFile, ...options } = {}) {
      const known = places && anchorFile ? { ...places, anchorFile } : places
      return verifyChain({ db, key, places: known, ...options })
    },

    async list(actor, filters = {}, page = {}) {
      const limit = pageLimit(page.limit)
      const rows = await findRows(db, actor, filters, readNumberCursor(page.cursor), limit + 1)
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      return {
        items: items.map(toAuditView),
        nextCursor: rows.length > limit && last ? last.id.toString() : null,
      }
    },
  }
}

function isAfter(one: { id: bigint } | null, other: { id: bigint } | null): boolean {
  return (one?.id ?? 0n) > (other?.id ?? 0n)
}
