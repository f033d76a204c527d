import type { z } from 'zod'
import { AppError } from '../errors.ts'
import { issueText, wordIssue } from '../platform/issue-words.ts'

/**
 * Reads what was sent to a page: the query, the form, a part of the address.
 *
 * @param input as it came; nothing at all counts as an empty form
 * @throws AppError `invalid` with what is wrong; a schema that fails elsewhere is a bug
 */
export function readInput<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const read = schema.safeParse(input ?? {}, { error: wordIssue })
  if (read.success) return read.data
  const errors = read.error.issues.map(({ path, message }) => ({ field: path.join('.'), message }))
  throw new AppError('invalid', issueText(errors), { details: { errors } })
}
