import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { isTimeZone } from '../../hunting/schedules/clock.ts'
import { wordIssue } from '../../platform/issue-words.ts'
import { readAddress } from '../../platform/mail-address.ts'
import { storableText } from '../../platform/storable.ts'
import { readTags } from '../../tenants/tags.ts'
import { mostTargets, type RuleDraft, severities, type TargetDraft } from './model.ts'

const time = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'Write a time of the day such as 22:00')

const schema = z.object({
  name: z
    .string()
    .trim()
    .min(1, 'Give the rule a name')
    .max(120, 'Use at most 120 characters')
    .transform(name => storableText(name)),
  severities: z.array(z.enum(severities, 'Choose severities of the list')).max(severities.length),
  product: z
    .string()
    .trim()
    .max(200, 'Use at most 200 characters')
    .transform(product => (product === '' ? null : storableText(product)))
    .nullable(),
  words: z
    .string()
    .trim()
    .max(200, 'Use at most 200 characters')
    .refine(words => words === '' || /[\p{L}\p{N}]/u.test(words), 'Write words of letters or digits')
    .transform(words => (words === '' ? null : storableText(words)))
    .nullable(),
  timeZone: z.string().refine(isTimeZone, 'Write a time zone like Europe/Berlin or UTC'),
})

/**
 * Checks what a rule is to be, but for what depends on who asks: the tenants and the webhooks.
 *
 * @throws AppError `invalid` with `details.fields: {field: message}`
 */
export function readDraft(draft: RuleDraft): RuleDraft {
  const fields: Record<string, string> = {}
  const read = schema.safeParse(draft, { error: wordIssue })
  if (!read.success) {
    for (const { path, message } of read.error.issues) fields[String(path[0])] ??= message
  }
  const quiet = readQuiet(draft, fields)
  const tenants = readTenants(draft, fields)
  const targets = readTargets(draft.targets, fields)
  if (!read.success || !tenants || Object.keys(fields).length > 0) {
    throw new AppError('invalid', Object.values(fields).join('; '), { details: { fields } })
  }
  return { ...read.data, severities: [...new Set(read.data.severities)], quiet, tenants, targets }
}

function readQuiet({ quiet }: RuleDraft, fields: Record<string, string>): RuleDraft['quiet'] {
  if (!quiet) return null
  if (!time.safeParse(quiet.from).success) fields.quietFrom = 'Write a time of the day such as 22:00'
  if (!time.safeParse(quiet.until).success) fields.quietUntil = 'Write a time of the day such as 07:00'
  if (quiet.from === quiet.until && !fields.quietFrom)
    fields.quietUntil = 'Choose an end that differs from the beginning: a rule that never tells can be paused'
  return quiet
}

function readTenants({ tenants }: RuleDraft, fields: Record<string, string>): RuleDraft['tenants'] | null {
  if (tenants === 'all') return tenants
  if (Array.isArray(tenants)) {
    const ids = [...new Set(tenants.map(id => id.toLowerCase()))]
    if (ids.length === 0) fields.tenants = 'Choose at least one tenant'
    else if (ids.length > 1000) fields.tenants = 'Choose at most 1,000 tenants, or give them a tag'
    else if (!ids.every(id => z.guid().safeParse(id).success)) fields.tenants = 'Choose tenants of the list'
    else return ids
    return null
  }
  try {
    const [tag] = readTags([tenants.tag])
    if (tag) return { tag }
    fields.tenants = 'Choose a tag'
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    fields.tenants = error.message
  }
  return null
}

function readTargets(targets: TargetDraft[], fields: Record<string, string>): TargetDraft[] {
  const kept = new Map<string, TargetDraft>()
  for (const target of targets) {
    const read =
      target.kind === 'email' ? { kind: target.kind, address: readAddress(target.address) } : target
    if (read.address === null) fields.emails = `"${target.address.slice(0, 100)}" is no e-mail address`
    else kept.set(`${read.kind} ${read.address}`, read as TargetDraft)
  }
  if (kept.size === 0 && !fields.emails) fields.targets = 'Choose at least one place to tell'
  if (kept.size > mostTargets) fields.targets = `Choose at most ${mostTargets} places to tell`
  return [...kept.values()]
}
