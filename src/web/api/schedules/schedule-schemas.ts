import { z } from 'zod'
import { failure } from '../../../errors.ts'
import type { ScheduleView } from '../../../hunting/schedules/model.ts'
import { tenantId, time } from '../schemas.ts'

const count = z.number().int()
const choice = z
  .union([
    z.literal('all'),
    z.array(z.string()).max(20_000),
    z.strictObject({ tag: z.string().min(1).max(64) }),
  ])
  .describe('`all`, a list of tenant ids, or those with a tag')

/** One run of a schedule. */
export const runShape = z.object({
  id: z.string(),
  scheduleId: z.string(),
  status: z.enum(['starting', 'hunting', 'done', 'failed']),
  dueAt: time.nullable().describe('Null when somebody started it by hand'),
  missedRuns: count.describe('Due times that passed before it while nothing ran'),
  startedBy: z.string(),
  createdAt: time,
  finishedAt: time.nullable(),
  huntId: z.string().nullable().describe('The hunt with all rows, old and new'),
  queryVersion: count,
  tenants: z.object({
    asked: count,
    answered: count,
    failed: count,
    cannotAnswer: count,
    truncated: count,
    withNew: count,
  }),
  newRows: count,
  mutedRows: count.describe('Of the new rows, those of muted tenants'),
  baselineRows: count.describe('Rows of first answers, taken note of and not reported'),
  error: failure.nullable(),
})

/** What one tenant answered to a run. */
export const findingShape = z.object({
  tenantId,
  tenantName: z.string(),
  outcome: z
    .enum(['answered', 'failed', 'canceled'])
    .describe('A tenant that failed is not one without findings'),
  rowCount: count,
  newCount: count,
  keptCount: count.describe('New rows that are kept with the run'),
  truncated: z.boolean(),
  isBaseline: z.boolean(),
  isMuted: z.boolean(),
  error: failure.nullable(),
})

export const muteShape = z.object({
  id: z.string(),
  tenantId,
  tenantName: z.string(),
  owner: z.string(),
  reason: z.string(),
  createdAt: time,
  endsAt: time,
})

export const scheduleShape = z.object({
  id: z.string(),
  name: z.string(),
  query: z.object({ id: z.string(), name: z.string(), version: count, newestVersion: count }),
  parameters: z.record(z.string(), z.string()),
  cron: z.string(),
  timeZone: z.string(),
  tenants: choice,
  timespan: z.string().nullable(),
  keyColumns: z
    .array(z.string())
    .describe('What tells one finding from another; empty: all columns but times'),
  baseline: z.boolean().describe('Whether each tenant’s first answer is only taken note of'),
  forgetAfterDays: count,
  enabled: z.boolean(),
  runsAs: z.string().describe('Whose view of the tenants the runs have, as it is when they run'),
  ownerProblem: failure.nullable().describe('Why it cannot run any more: its owner is gone'),
  createdBy: z.string(),
  createdAt: time,
  updatedAt: time,
  nextRunAt: time.nullable(),
  openRunId: z.string().nullable(),
  lastRun: runShape.nullable(),
  mutes: z.array(muteShape),
})

/** What a program writes to make or change a schedule. */
export const scheduleDraft = z.strictObject({
  name: z.string().max(500),
  queryId: z.guid().describe('Query of the library'),
  queryVersion: count.min(1).nullable().default(null).describe('The newest unless told'),
  parameters: z.record(z.string(), z.string()).default({}),
  cron: z.string().max(200).describe('Five fields; at most every five minutes'),
  timeZone: z.string().max(100).default('UTC').describe('IANA name, such as `Europe/Berlin`'),
  tenants: choice,
  timespan: z.string().max(100).nullable().default(null).describe('ISO 8601, such as `P7D`; 30 days at most'),
  keyColumns: z.array(z.string()).max(50).default([]),
  baseline: z.boolean().default(true),
  forgetAfterDays: count.default(90),
  enabled: z.boolean().default(true),
  allowUnknownNames: z
    .boolean()
    .default(false)
    .describe('Keep it in spite of every objection but that the filled-in query does not parse'),
})

/** A schedule as it is written: its list of tenants is a plain array. */
export function toWire({ tenants, ...rest }: ScheduleView): z.infer<typeof scheduleShape> {
  const isNamed = tenants !== 'all' && !('tag' in tenants)
  return { ...rest, tenants: isNamed ? [...tenants] : tenants }
}
