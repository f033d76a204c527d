import { z } from 'zod'
import type { ScheduleDraft, ScheduleView } from '../../../hunting/schedules/model.ts'
import { readInput } from '../../read-input.ts'
import { readParameters } from '../library/forms.ts'
import { cronOf, frequencies, frequencyOf } from './frequency.ts'

const text = (most: number) => z.string().max(most).catch('').default('')
const ids = z
  .union([z.array(z.guid()), z.guid().transform(id => [id])])
  .catch([])
  .default([])

const form = z.object({
  name: text(1000),
  queryId: text(100),
  queryVersion: text(20),
  cron: text(200),
  frequency: z.enum(frequencies).catch('cron').default('cron'),
  /** Time of day for what runs once a day. */
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
    .catch('06:00')
    .default('06:00'),
  timeZone: text(100),
  scope: z.enum(['all', 'tag', 'chosen']).catch('all').default('all'),
  tag: text(64),
  tenantIds: ids,
  tenantSearch: text(200),
  timespan: text(100),
  keyColumns: text(5000),
  baseline: z.literal('true').optional().catch(undefined),
  forgetAfterDays: text(10),
  enabled: z.literal('true').optional().catch(undefined),
  allowUnknownNames: z.literal('true').optional().catch(undefined),
})

/** What stands in the form of a schedule. */
export type ScheduleForm = z.infer<typeof form> & { parameters: Record<string, string> }

/** Never throws: what makes no sense counts as not given, and saving says what is wrong. */
export function readScheduleForm(body: unknown): ScheduleForm {
  const read = readInput(form, body)
  return { ...read, parameters: readParameters(body) }
}

/** A form for a schedule that does not exist yet. */
export function newScheduleForm(queryId: string, name: string): ScheduleForm {
  return {
    ...form.parse({}),
    name,
    queryId,
    cron: '0 6 * * *',
    frequency: 'daily',
    timeZone: 'UTC',
    baseline: 'true',
    forgetAfterDays: '90',
    enabled: 'true',
    parameters: {},
  }
}

export function formOf(schedule: ScheduleView): ScheduleForm {
  const { name, query, cron, timeZone, tenants, timespan, keyColumns, parameters } = schedule
  const isTag = tenants !== 'all' && 'tag' in tenants
  return {
    name,
    queryId: query.id,
    queryVersion: String(query.version),
    cron,
    ...frequencyOf(cron),
    timeZone,
    scope: tenants === 'all' ? 'all' : isTag ? 'tag' : 'chosen',
    tag: isTag ? tenants.tag : '',
    tenantIds: tenants === 'all' || isTag ? [] : [...tenants],
    tenantSearch: '',
    timespan: timespan ?? '',
    keyColumns: keyColumns.join(', '),
    baseline: schedule.baseline ? 'true' : undefined,
    forgetAfterDays: String(schedule.forgetAfterDays),
    enabled: schedule.enabled ? 'true' : undefined,
    allowUnknownNames: undefined,
    parameters,
  }
}

/** @param declared parameters of the chosen version; fields of another version's are left out */
export function toDraft(form: ScheduleForm, declared: readonly { name: string }[]): ScheduleDraft {
  const { name, queryId, timeZone, scope, tag, tenantIds } = form
  const names = new Set(declared.map(({ name }) => name))
  const parameters = Object.fromEntries(Object.entries(form.parameters).filter(([name]) => names.has(name)))
  const version = Number(form.queryVersion)
  return {
    name,
    queryId,
    queryVersion: Number.isInteger(version) && version > 0 ? version : null,
    parameters,
    cron: cronOf(form),
    timeZone: timeZone.trim(),
    tenants: scope === 'tag' ? { tag } : scope === 'chosen' ? tenantIds : 'all',
    timespan: form.timespan || null,
    keyColumns: form.keyColumns
      .split(',')
      .map(column => column.trim())
      .filter(column => column !== ''),
    baseline: form.baseline === 'true',
    forgetAfterDays: /^\d+$/.test(form.forgetAfterDays.trim()) ? Number(form.forgetAfterDays) : Number.NaN,
    enabled: form.enabled === 'true',
  }
}
