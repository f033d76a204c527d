import type { z } from 'zod'

type RawIssue = Parameters<z.core.$ZodErrorMap>[0]

/** What is wrong with one field, as the schemas found it. */
export type WordedIssue = { field: string; message: string }

/**
 * Words an issue for whoever sent the value, where the schema has no words of
 * its own: `schema.safeParse(value, { error: wordIssue })`. Each goes on after
 * the field's name.
 */
export const wordIssue: z.core.$ZodErrorMap = issue => {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is missing' : `must be ${types[issue.expected] ?? issue.expected}`
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.join(', ')}`
    case 'too_small':
      return wordSmall(issue)
    case 'too_big':
      return wordBig(issue)
    case 'invalid_format':
      return formats[issue.format] ?? 'is not written as it has to be'
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    case 'unrecognized_keys':
      return `has what is not known: ${issue.keys.join(', ')}`
    case 'invalid_union':
      return 'has none of the forms that are accepted'
    default:
      return 'is not valid'
  }
}

/** The issues as one text: `"limit" must be at most 200`. */
export function issueText(issues: readonly WordedIssue[]): string {
  return issues
    .map(({ field, message }) => {
      const goesOn = /^\p{Ll}/u.test(message)
      if (!field) return goesOn ? `the request ${message}` : message
      return goesOn ? `"${field}" ${message}` : `${field}: ${message}`
    })
    .join('; ')
}

const types: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  date: 'a date',
}

const formats: Record<string, string> = {
  guid: 'must be a GUID',
  uuid: 'must be a GUID',
  datetime: 'must be a time such as 2026-01-31T08:00:00Z',
  date: 'must be a date such as 2026-01-31',
  time: 'must be a time of the day such as 08:00',
  email: 'must be an e-mail address',
  url: 'must be an address that begins with https://',
  ipv4: 'must be an IP address',
  ipv6: 'must be an IP address',
}

function wordSmall({ origin, minimum, inclusive }: RawIssue & { code: 'too_small' }): string {
  if (origin === 'string' || origin === 'array')
    return Number(minimum) === 1
      ? 'must not be empty'
      : `must have at least ${minimum} ${origin === 'string' ? 'characters' : 'entries'}`
  return inclusive === false ? `must be more than ${minimum}` : `must be at least ${minimum}`
}

function wordBig({ origin, maximum, inclusive }: RawIssue & { code: 'too_big' }): string {
  if (origin === 'string' || origin === 'array')
    return `must have at most ${maximum} ${origin === 'string' ? 'characters' : 'entries'}`
  return inclusive === false ? `must be less than ${maximum}` : `must be at most ${maximum}`
}
