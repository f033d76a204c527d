import { z } from 'zod'
import { readCursor } from '../../../platform/paging.ts'

/**
 * Where a list goes on. Our own, since the services' links must not come back
 * from a browser: it holds positions only, never an address.
 */
const schema = z.discriminatedUnion('by', [
  z.strictObject({
    by: z.literal('count'),
    surface: z.enum(['graph', 'defender', 'endpoint']),
    skip: z.int().min(0).max(1_000_000),
  }),
  z.strictObject({
    by: z.literal('page'),
    surface: z.enum(['graph', 'defender', 'endpoint']),
    /** Query options of the page: a name alone stands for the value that the list's own request gives it. */
    options: z
      .array(z.union([z.tuple([z.string().max(50)]), z.tuple([z.string().max(50), z.string().max(8_000)])]))
      .max(20),
    /** Elements of that page that were given out already. */
    given: z.int().min(0).max(100_000),
  }),
])

export type Position = z.output<typeof schema>
export type PagePosition = Extract<Position, { by: 'page' }>

/**
 * @param expected the kind of position and the surface that the list now has
 * @throws AppError `invalid` when the cursor is not one that this list gave
 */
export function readPosition<K extends Position['by']>(
  cursor: string | null | undefined,
  expected: { by: K; surface: Position['surface'] },
): Extract<Position, { by: K }> | null {
  const isExpected = ({ by, surface }: Position) => by === expected.by && surface === expected.surface
  return readCursor(cursor, schema.refine(isExpected)) as Extract<Position, { by: K }> | null
}

/** Whose list a cursor goes on with; null for none, and for what is no cursor. */
export function surfaceOfCursor(cursor: string | null | undefined): Position['surface'] | null {
  try {
    return readCursor(cursor, schema)?.surface ?? null
  } catch {
    return null
  }
}
