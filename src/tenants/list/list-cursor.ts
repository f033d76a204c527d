import { z } from 'zod'
import { readCursor, writeCursor } from '../../platform/paging.ts'

/** Where a page of a sorted list ended: the sort, the last row's sort value as text (digits unless it is a name), and its id. */
export type ListCursor = { sort: string; value: string; id: string }

const schema = z
  .tuple([z.string(), z.string(), z.uuid()])
  .refine(([sort, value]) => (sort.endsWith('name') ? !value.includes('\u0000') : /^\d{1,18}$/.test(value)))

export function writeListCursor({ sort, value, id }: ListCursor): string {
  return writeCursor([sort, value, id])
}

/**
 * @param sort the sort asked for now; a cursor of another sort would skip rows
 * @throws AppError `invalid` when the cursor is not one that this list gave
 */
export function readListCursor(cursor: string | null | undefined, sort: string): ListCursor | null {
  const read = readCursor(
    cursor,
    schema.refine(([of]) => of === sort),
  )
  return read && { sort, value: read[1], id: read[2] }
}
