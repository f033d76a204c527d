import { z } from 'zod'
import { readCursor, writeCursor } from '../../platform/paging.ts'
import type { IncidentSort } from '../model.ts'

/** Where a page of the queue ended: the last row's place in the order. */
export type QueuePosition = {
  sort: IncidentSort
  /** Rank of the severity; used by `-severity` only. */
  rank: number
  /** Milliseconds: of the update, or of the creation for `-createdAt`. */
  at: number
  tenantId: string
  incidentId: string
}

const schema = z.tuple([
  z.string(),
  z.int().min(0).max(9),
  z.int().min(0).max(8_640_000_000_000_000),
  z.guid(),
  z.string().regex(/^\d{1,19}$/),
])

export function writeQueueCursor({ sort, rank, at, tenantId, incidentId }: QueuePosition): string {
  return writeCursor([sort, rank, at, tenantId, incidentId])
}

/** @throws AppError `invalid` when the cursor is not one that a queue of this sort gave */
export function readQueueCursor(cursor: string | null | undefined, sort: IncidentSort): QueuePosition | null {
  const read = readCursor(
    cursor,
    schema.refine(([of]) => of === sort),
  )
  if (!read) return null
  const [, rank, at, tenantId, incidentId] = read
  return { sort, rank, at, tenantId, incidentId }
}
