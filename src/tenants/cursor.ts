import { z } from 'zod'
import { AppError } from '../errors.ts'

/** Where a page of a sorted list ended: the sort, the last row's sort value as text (digits unless it is a name), and its id. */
export type ListCursor = { sort: string; value: string; id: string }

const schema = z.tuple([z.string(), z.string(), z.uuid()])

export function writeCursor({ sort, value, id }: ListCursor): string {
  return Buffer.from(JSON.stringify([sort, value, id])).toString('base64url')
}

/**
 * @param sort the sort asked for now; a cursor of another sort would skip rows
 * @throws AppError `invalid` when the cursor is not one that this list gave
 */
export function readCursor(cursor: string | null | undefined, sort: string): ListCursor | null {
  if (!cursor) return null

  const refusal = new AppError('invalid', '"cursor" is not one that this list gave', {
    remedy: 'Start again without a cursor.',
  })
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    throw refusal
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success || parsed.data[0] !== sort) throw refusal
  const isName = sort.endsWith('name')
  if (isName ? parsed.data[1].includes('\u0000') : !/^\d{1,18}$/.test(parsed.data[1])) throw refusal
  return { sort, value: parsed.data[1], id: parsed.data[2] }
}
