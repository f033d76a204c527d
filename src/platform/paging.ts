import type { z } from 'zod'
import { AppError } from '../errors.ts'
import { isGuid } from './guid.ts'

/** Which page of a list is wanted; `cursor` is what the page before gave. */
export type PageRequest = { limit?: number; cursor?: string | null }

/** @returns rows of a page: a whole number from 1 to `most`, `usual` unless asked otherwise */
export function pageLimit(limit: number | undefined, { usual = 50, most = 200 } = {}): number {
  return Math.min(Math.max(Math.floor(limit ?? usual), 1), most)
}

/** A position in a list as a cursor: opaque to whoever gets it, and safe in an address. */
export function writeCursor(position: unknown): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/**
 * Reads what `writeCursor` wrote.
 *
 * @param schema of the position, with all that must hold for it in this list
 * @returns null at the beginning of the list
 * @throws AppError `invalid` for anything else
 */
export function readCursor<T>(cursor: string | null | undefined, schema: z.ZodType<T>): T | null {
  if (!cursor) return null
  const read = schema.safeParse(decoded(cursor))
  if (!read.success) throw refusedCursor()
  return read.data
}

/** Rows that are numbered: the number is the cursor. @throws AppError `invalid` for anything else */
export function readNumberCursor(cursor: string | null | undefined): bigint | null {
  if (!cursor) return null
  if (!/^\d{1,18}$/.test(cursor)) throw refusedCursor()
  return BigInt(cursor)
}

/** Rows whose GUIDs are in the order of the list: the id is the cursor. @throws AppError `invalid` for anything else */
export function readIdCursor(cursor: string | null | undefined): string | null {
  if (!cursor) return null
  if (!isGuid(cursor)) throw refusedCursor()
  return cursor
}

function refusedCursor(): AppError {
  return new AppError('invalid', '"cursor" is not one that this list gave', {
    remedy: 'Start again without a cursor.',
  })
}

function decoded(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return undefined
  }
}
