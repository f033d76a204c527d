import { z } from 'zod'
import { movers } from '../../errors.ts'
import rows from './data/entra-errors.json' with { type: 'json' }
import { type FailureName, failureKinds, isFailureName } from './failure-names.ts'

/** Where an error of Entra can meet us. The same number may mean something else, and be somebody else's move, elsewhere. */
export const entraPlaces = [
  /** An app-only token for a tenant: no person takes part. */
  'app_token',
  /** Staff sign in to the partner's own tenant. */
  'staff_sign_in',
  /** A customer's administrator is asked to approve. */
  'admin_consent',
  /** The sign-in of that administrator, which proves the approval. */
  'proof_sign_in',
  /** The public documents about a tenant. */
  'tenant_lookup',
] as const
export type EntraPlace = (typeof entraPlaces)[number]

const rowSchema = z.strictObject({
  number: z.int().min(1000).max(99_999_999),
  /** Microsoft's own name, where it publishes one. */
  name: z
    .string()
    .regex(/^[A-Z]\w+$/)
    .nullable(),
  /** Empty for numbers of protocols that are not spoken here. */
  at: z.array(z.enum(entraPlaces)),
  code: z.custom<FailureName>(code => typeof code === 'string' && isFailureName(code)),
  whoseMove: z.enum(movers),
  /** `later`: the same request may succeed by itself. */
  retry: z.enum(['no', 'later']),
  /** What was found. */
  found: z.string().regex(/^[A-Z].*\.$/),
  /** Where the remedy of the code is too general. */
  remedy: z
    .string()
    .regex(/^[A-Z].*\.$/)
    .optional(),
})

/** What is known about one number at some places. */
export type EntraErrorRow = z.infer<typeof rowSchema>

/**
 * Every error number that Microsoft publishes or that was seen, by the places
 * where it can occur. The numbers, names and places are facts; the words are
 * ours.
 *
 * @see Microsoft identity platform, "Authentication and authorization error codes"
 */
export const entraErrors: readonly EntraErrorRow[] = z.array(rowSchema).parse(rows)

const byNumberAndPlace = new Map(
  entraErrors.flatMap(row => row.at.map(place => [`${row.number} ${place}`, row] as const)),
)

/** @returns null for a number that cannot occur at this place, or that nobody has published */
export function findEntraError(number: number, place: EntraPlace): EntraErrorRow | null {
  return byNumberAndPlace.get(`${number} ${place}`) ?? null
}

/** What is to be done about a row at a place, in words for staff. */
export function remedyOf(row: Pick<EntraErrorRow, 'code' | 'remedy'>, place: EntraPlace): string {
  if (row.remedy) return row.remedy
  const kind = failureKinds[row.code]
  return (place === 'staff_sign_in' ? kind.staff?.remedy : undefined) ?? kind.remedy
}
