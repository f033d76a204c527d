import { z } from 'zod'
import { AppError } from '../errors.ts'
import { isInstant } from './odata.ts'

/**
 * Where a list goes on. Our own, since the services' links must not come back
 * from a browser: it holds positions only, never an address.
 */
const schema = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('time'),
    surface: z.enum(['graph', 'defender', 'endpoint']),
    /** Time of the last element, as the wire printed it. */
    time: z.string().refine(isInstant),
    /** What was given out of that very time. */
    seen: z.array(z.string().max(200)).max(5_000),
    /** More of that time than one page holds. */
    skip: z.int().min(0).max(100_000),
  }),
  z.strictObject({
    by: z.literal('count'),
    surface: z.enum(['graph', 'defender', 'endpoint']),
    skip: z.int().min(0).max(1_000_000),
  }),
])

export type Position = z.output<typeof schema>
export type TimePosition = Extract<Position, { by: 'time' }>

export function writeCursor(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

/**
 * @param expected the kind of position and the surface that the list now has
 * @throws AppError `invalid` when the cursor is not one that this list gave
 */
export function readCursor<K extends Position['by']>(
  cursor: string | null | undefined,
  expected: { by: K; surface: Position['surface'] },
): Extract<Position, { by: K }> | null {
  if (!cursor) return null
  const read = schema.safeParse(parse(cursor))
  if (read.success && read.data.by === expected.by && read.data.surface === expected.surface) {
    return read.data as Extract<Position, { by: K }>
  }
  throw new AppError('invalid', '"cursor" is not one that this list gave', {
    remedy: 'Start again without a cursor.',
  })
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'))
  } catch {
    return null
  }
}
