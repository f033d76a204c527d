import { z } from 'zod'
import { storableText } from '../../audit/storable.ts'
import { AppError } from '../../errors.ts'
import { readTags } from '../../tenants/tags.ts'
import { analyzeOrRefuse } from '../hunts/query-check.ts'
import type { QueryDraft } from './model.ts'
import { parametersOf } from './parameters.ts'
import { tacticNames } from './tactics.ts'

const schema = z.object({
  name: z.string().trim().min(1, 'Give the query a name').max(120, 'Use at most 120 characters'),
  description: z.string().trim().max(4000, 'Use at most 4,000 characters'),
  tactic: z.enum(tacticNames, 'Choose one of the tactics').nullable(),
  techniques: z
    .array(z.string().regex(/^T\d{4}(\.\d{3})?$/, 'Write techniques like T1059 or T1059.001'))
    .max(20, 'Name at most 20 techniques'),
  tags: z.array(z.string()).max(20, 'Use at most 20 tags'),
  query: z.string().refine(query => query.trim() !== '', 'Write the query'),
})

/**
 * Checks what is to be saved: every field, the query by the validator, its
 * parameters.
 *
 * @throws AppError `invalid` with `details.fields: {field: message}`; `invalid_query` with `problems`
 */
export function readDraft(draft: QueryDraft, allowUnknownNames: boolean): QueryDraft {
  const read = schema.safeParse(draft)
  if (!read.success) {
    const fields = Object.fromEntries(read.error.issues.map(issue => [String(issue.path[0]), issue.message]))
    throw new AppError('invalid', Object.values(fields).join('; '), { details: { fields } })
  }
  const { name, description, techniques, tags, query, tactic } = read.data
  analyzeOrRefuse(query, allowUnknownNames)
  parametersOf(query)
  return {
    name: storableText(name, 120),
    description: storableText(description, 4000),
    tactic,
    techniques: [...new Set(techniques)],
    tags: readTags(tags),
    query: storableText(query, query.length),
  }
}
