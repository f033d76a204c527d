import { z } from 'zod'
import type { Database } from '../database/index.ts'
import { AppError } from '../errors.ts'
import type { Actor } from '../tenants/actor.ts'
import { type ChainedEvent, chainHash, genesisHash, headSeal } from './chain.ts'
import { type Storable, storableJson, storableText } from './storable.ts'
import {
  type AuditFilters,
  type AuditRow,
  appendRow,
  findRows,
  lastRow,
  lockChain,
  readHead,
  rowsAfter,
  type Transaction,
} from './store.ts'

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

/** Contract shape of `GET /api/v1/audit`. */
export type AuditEventView = {
  id: string
  at: string
  actor: { kind: string; id: string; label: string }
  action: string
  tenantId: string | null
  tenantName: string | null
  target: string | null
  result: string
  detail: Storable
  hash: string
}

export type ChainCheck =
  | { intact: true; count: number; headId: string | null; headHash: string }
  | {
      intact: false
      count: number
      brokenAtId: string
      reason: 'altered' | 'removed' | 'cut_off' | 'head_forged'
    }

export type Audit = {
  /**
   * Appends one event. With a transaction it commits or vanishes with the rest
   * of that transaction; call it last there, as it holds the chain's lock
   * until the end.
   */
  record(event: NewAuditEvent, tx?: Transaction): Promise<void>
  /** Reads the whole chain in batches and finds the first row that was altered, removed or cut off. */
  verifyChain(): Promise<ChainCheck>
  /** Newest first; `limit` 1–200. @throws AppError `invalid` for a bad cursor */
  list(
    actor: Actor,
    filters?: AuditFilters,
    page?: { limit?: number; cursor?: string | null },
  ): Promise<{ items: AuditEventView[]; nextCursor: string | null }>
}

const headSchema = z.object({ id: z.string().regex(/^\d+$/), hash: z.string(), seal: z.string() })

/** @param key installation key, 32 bytes; not in the database */
export function createAudit({
  db,
  key,
  now = () => new Date(),
}: {
  db: Database
  key: Buffer
  now?: () => Date
}): Audit {
  async function append(tx: Transaction, event: NewAuditEvent): Promise<void> {
    await lockChain(tx)
    // The head, not the last row, says where to go on: a row removed from the
    // end leaves a gap for good instead of being papered over.
    const head = headSchema.safeParse(await readHead(tx))
    const previous = head.success ? { id: BigInt(head.data.id), hash: head.data.hash } : await lastRow(tx)
    const previousHash = previous?.hash ?? genesisHash
    const chained: ChainedEvent = {
      id: (previous?.id ?? 0n) + 1n,
      at: now(),
      actorKind: event.actor.kind,
      actorId: storableText(event.actor.id, 200),
      actorLabel: storableText(event.actor.label, 200),
      action: event.action,
      tenantId: event.tenantId ?? null,
      tenantName: event.tenantName ? storableText(event.tenantName, 400) : null,
      target: event.target ? storableText(event.target, 400) : null,
      result: event.result ?? 'ok',
      detail: event.detail ? storableJson(event.detail) : {},
    }
    const hash = chainHash(key, previousHash, chained)
    const row = { ...chained, detail: chained.detail ?? {}, previousHash, hash }
    await appendRow(tx, row, headSeal(key, chained.id, hash))
  }

  return {
    record: (event, tx) => (tx ? append(tx, event) : db.$transaction(own => append(own, event))),

    async verifyChain() {
      const head = headSchema.nullable().safeParse(await readHead(db))
      let previousHash = genesisHash
      let id = 0n
      let count = 0

      for (;;) {
        const rows = await rowsAfter(db, id, 1000)
        for (const row of rows) {
          const brokenAtId = row.id.toString()
          if (row.id !== id + 1n) return { intact: false, count, brokenAtId, reason: 'removed' }
          if (
            row.previousHash !== previousHash ||
            row.hash !== chainHash(key, previousHash, chainedOf(row))
          ) {
            return { intact: false, count, brokenAtId, reason: 'altered' }
          }
          previousHash = row.hash
          id = row.id
          count += 1
        }
        if (rows.length === 0) break
      }

      const brokenAtId = (id + 1n).toString()
      if (!head.success) return { intact: false, count, brokenAtId, reason: 'head_forged' }
      if (head.data === null) {
        return count === 0
          ? { intact: true, count, headId: null, headHash: previousHash }
          : { intact: false, count, brokenAtId, reason: 'head_forged' }
      }
      if (head.data.seal !== headSeal(key, BigInt(head.data.id), head.data.hash)) {
        return { intact: false, count, brokenAtId, reason: 'head_forged' }
      }
      // Rows appended after the head was read are further than the head, never before it.
      if (BigInt(head.data.id) > id) return { intact: false, count, brokenAtId, reason: 'cut_off' }
      return { intact: true, count, headId: id === 0n ? null : id.toString(), headHash: previousHash }
    },

    async list(actor, filters = {}, page = {}) {
      const limit = Math.min(Math.max(page.limit ?? 50, 1), 200)
      const rows = await findRows(db, actor, filters, readCursor(page.cursor), limit + 1)
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      return {
        items: items.map(toAuditView),
        nextCursor: rows.length > limit && last ? last.id.toString() : null,
      }
    },
  }
}

function chainedOf(row: AuditRow): ChainedEvent {
  return { ...row, detail: storableJson(row.detail) }
}

function readCursor(cursor: string | null | undefined): bigint | null {
  if (!cursor) return null
  if (!/^\d{1,18}$/.test(cursor)) throw new AppError('invalid', '"cursor" is not one that this list gave')
  return BigInt(cursor)
}

function toAuditView(row: AuditRow): AuditEventView {
  return {
    id: row.id.toString(),
    at: row.at.toISOString(),
    actor: { kind: row.actorKind, id: row.actorId, label: row.actorLabel },
    action: row.action,
    tenantId: row.tenantId,
    tenantName: row.tenantName,
    target: row.target,
    result: row.result,
    detail: storableJson(row.detail),
    hash: row.hash,
  }
}
