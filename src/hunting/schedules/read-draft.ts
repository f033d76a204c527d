import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { wordIssue } from '../../platform/issue-words.ts'
import { storableText } from '../../platform/storable.ts'
import { readChoice, readTimespan } from '../hunts/create.ts'
import type { QueryAnalysis } from '../query/query-analysis.ts'
import { readClock } from './clock.ts'
import type { ScheduleDraft } from './model.ts'

const schema = z.object({
  name: z.string().trim().min(1, 'Give the schedule a name').max(120, 'Use at most 120 characters'),
  keyColumns: z.array(z.string().trim().min(1).max(200)).max(50, 'Choose at most 50 columns'),
  forgetAfterDays: z
    .number('Write a number of days')
    .int('Write a whole number of days')
    .min(1, 'At least one day')
    .max(3650, 'At most ten years'),
})

/**
 * Checks what a schedule is to be.
 *
 * @param columns of the query with its parameters filled in, as far as they are known
 * @throws AppError `invalid` with `details.fields: {field: message}`
 */
export function readDraft(draft: ScheduleDraft, columns: QueryAnalysis['columns'], now: Date): ScheduleDraft {
  const fields: Record<string, string> = {}
  const read = schema.safeParse(draft, { error: wordIssue })
  if (!read.success) {
    for (const { path, message } of read.error.issues) fields[String(path[0])] ??= message
  }
  const clock = collect(fields, 'cron', () => readClock(draft, now))
  const timespan = collect(fields, 'timespan', () => readTimespan(draft.timespan, now))
  const tenants = collect(fields, 'tenants', () => readChoice(draft.tenants))
  const unknown = unknownColumns(columns, draft.keyColumns)
  if (unknown.length > 0) fields.keyColumns = `The query has no column ${unknown.join(', ')}`

  if (!read.success || !clock || timespan === undefined || !tenants || Object.keys(fields).length > 0) {
    throw new AppError('invalid', Object.values(fields).join('; '), { details: { fields } })
  }
  const { name, keyColumns, forgetAfterDays } = read.data
  return {
    ...draft,
    ...clock,
    timespan,
    tenants,
    forgetAfterDays,
    name: storableText(name, 120),
    keyColumns: [...new Set(keyColumns)],
  }
}

/** Columns that the query certainly does not return; none when its columns are not known. */
function unknownColumns(columns: QueryAnalysis['columns'], keyColumns: string[]): string[] {
  const known = new Set(columns.map(({ name }) => name))
  return known.size === 0 ? [] : keyColumns.filter(name => !known.has(name))
}

function collect<T>(fields: Record<string, string>, field: string, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    const named = error.details.fields
    if (typeof named === 'object' && named !== null) Object.assign(fields, named)
    else fields[field] = `${error.message}${error.remedy ? `. ${error.remedy}` : ''}`
    return undefined
  }
}
