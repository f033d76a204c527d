import { z } from 'zod'
import { RemoteError } from '../../../errors.ts'
import type { Surface } from '../../clouds/clouds.ts'
import { namedFailure, type RemoteAnswer, readJson } from '../../http/index.ts'
import { isInstant } from '../lists/odata.ts'

/**
 * A text that may be null or absent; an empty one counts as absent. A number is
 * kept as it came, and what cannot be a text counts as not told: one odd member
 * must not lose a whole list.
 */
export const text = z
  .union([z.string(), z.number().transform(String), z.boolean().transform(String)])
  .nullish()
  .catch(null)
  .transform(value => value || null)

/** Ids are numbers on one surface and texts on another. */
export const id = z.union([z.string().min(1), z.number().transform(String)])
export const optionalId = id
  .nullish()
  .catch(null)
  .transform(value => value ?? null)

/** A yes or no; anything else counts as not told. */
export const flag = z
  .boolean()
  .nullish()
  .catch(null)
  .transform(value => value ?? null)

export const texts = z
  .array(text)
  .nullish()
  .catch(null)
  .transform(values => (values ?? []).filter(value => value !== null))

/** A list inside an element, null when there is none: what cannot be read in it is left out, and the rest stays. */
export function elements<T extends z.ZodType>(item: T) {
  return z
    .array(z.unknown())
    .nullish()
    .catch(null)
    .transform(
      values =>
        values?.flatMap(value => {
          const read = item.safeParse(value)
          return read.success ? [read.data] : []
        }) ?? null,
    )
}

/** A time that a filter will name again: `wire` has all its digits. */
export const exactTime = z.string().transform((value, context) => {
  const iso = readTime(value)
  if (iso !== null) return { iso, wire: isInstant(value) ? value : iso }
  context.addIssue({ code: 'custom', message: 'not a time' })
  return z.NEVER
})

export const optionalTime = z
  .string()
  .nullish()
  .catch(null)
  .transform(value => readTime(value))

const timeFormat = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/i

/**
 * A time of any surface as ISO 8601 UTC, cut to the millisecond. Up to seven
 * fractional digits come, older pages print no zone and mean UTC, and the year
 * 1 stands for "never".
 *
 * @returns null for what is no time
 */
export function readTime(value: string | null | undefined): string | null {
  const match = timeFormat.exec(value ?? '')
  if (!match) return null
  const [, seconds = '', fraction = '', zone = 'Z'] = match
  const at = Date.parse(`${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}${zone.toUpperCase()}`)
  return Number.isNaN(at) || at < Date.UTC(1900, 0) ? null : new Date(at).toISOString()
}

/**
 * Reads a document of a surface through its schema.
 *
 * @param what the document's name in the failure
 * @param wire the answer as it was parsed, by whoever did so before
 * @throws RemoteError `bad_answer` when it does not fit
 */
export function readDocument<T extends z.ZodType>(
  answer: RemoteAnswer,
  surface: Surface,
  schema: T,
  what: string,
  wire: unknown = readJson(answer, surface),
): z.output<T> {
  const read = schema.safeParse(wire)
  if (read.success) return read.data
  const where = read.error.issues[0]?.path.join('.') || 'the document'
  throw badAnswer(answer, surface, `The answer is not ${what}: ${where} is missing or of another type.`)
}

function badAnswer(answer: RemoteAnswer, surface: Surface, message: string): RemoteError {
  const { status, requestId } = answer
  return new RemoteError(namedFailure('bad_answer', { service: surface, message, status, requestId }))
}

/** An OData collection. */
export function listOf<T extends z.ZodType>(item: T) {
  return z
    .object({ value: z.array(item), '@odata.nextLink': z.string().nullish(), nextLink: z.string().nullish() })
    .transform(({ value, '@odata.nextLink': odata, nextLink }) => ({
      value,
      nextLink: odata ?? nextLink ?? null,
    }))
}
