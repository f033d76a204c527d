import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { wordIssue } from '../../platform/issue-words.ts'
import { storableText } from '../../platform/storable.ts'
import { readTags } from '../../tenants/tags.ts'
import type { QueryAnalyzer } from '../query/analyzer.ts'
import { requireRunnable } from '../query/require-runnable.ts'
import type { AnalyzedDraft, QueryDraft } from './model.ts'
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
export async function readDraft(
  { analyzer }: { analyzer: Pick<QueryAnalyzer, 'analyze'> },
  draft: QueryDraft,
  { caller, signal, allowUnknownNames }: { caller: string; signal?: AbortSignal; allowUnknownNames: boolean },
): Promise<AnalyzedDraft> {
  const read = schema.safeParse(draft, { error: wordIssue })
  if (!read.success) {
    const fields = Object.fromEntries(read.error.issues.map(issue => [String(issue.path[0]), issue.message]))
    throw new AppError('invalid', Object.values(fields).join('; '), { details: { fields } })
  }
  const { name, description, techniques, tags, tactic } = read.data
  // What is analysed is what is kept: places in the text have to fit.
  const query = storableText(read.data.query, read.data.query.length)
  const analysis = await analyzer.analyze(query, { caller, signal })
  requireRunnable(analysis, allowUnknownNames)
  const { declarationProblem } = analysis
  if (declarationProblem) {
    throw new AppError('invalid', declarationProblem.message, { remedy: declarationProblem.remedy })
  }
  return {
    name: storableText(name, 120),
    description: storableText(description, 4000),
    tactic,
    techniques: [...new Set(techniques)],
    tags: readTags(tags),
    query,
    declarations: analysis.declarations,
    columns: analysis.columns.map(({ name }) => name),
    allowUnknownNames: !analysis.ok,
  }
}
