import { z } from 'zod'
import { type Failure, readStoredFailure } from '../../errors.ts'
import type { TenantChoice } from '../hunts/model.ts'
import type { FindingView, MuteView, RunStatus, RunView, ScheduleView } from './model.ts'
import type { FindingCounts, FindingRecord, RunRecord } from './runs/run-store.ts'
import type { MuteRecord, ScheduleRecord } from './store.ts'

const choice = z.union([z.literal('all'), z.array(z.string()), z.object({ tag: z.string() })])
const values = z.record(z.string(), z.string())

/** The tenants of a schedule as its row says. */
export function readTenants(stored: unknown): TenantChoice {
  return choice.parse(stored)
}

export function readParameters(stored: unknown): Record<string, string> {
  return values.parse(stored)
}

export function toRun(run: RunRecord, counts: FindingCounts | undefined): RunView {
  return {
    id: run.id,
    scheduleId: run.scheduleId,
    status: run.status as RunStatus,
    dueAt: run.dueAt?.toISOString() ?? null,
    missedRuns: run.missedRuns,
    startedBy: run.startedBy,
    createdAt: run.createdAt.toISOString(),
    finishedAt: run.finishedAt?.toISOString() ?? null,
    huntId: run.huntId,
    queryVersion: run.queryVersion,
    tenants: {
      asked: counts?.asked ?? 0,
      answered: counts?.answered ?? 0,
      failed: counts?.failed ?? 0,
      cannotAnswer: counts?.cannotAnswer ?? 0,
      truncated: counts?.truncated ?? 0,
      withNew: counts?.withNew ?? 0,
    },
    newRows: counts?.newRows ?? 0,
    mutedRows: counts?.mutedRows ?? 0,
    baselineRows: counts?.baselineRows ?? 0,
    error: readStoredFailure(run.error),
  }
}

export function toFinding(record: FindingRecord): FindingView {
  const { tenantId, tenantName, rowCount, newCount, keptCount, truncated, isBaseline, isMuted } = record
  return {
    tenantId,
    tenantName,
    outcome: record.outcome as FindingView['outcome'],
    rowCount,
    newCount,
    keptCount,
    truncated,
    isBaseline,
    isMuted,
    error: readStoredFailure(record.error),
  }
}

export function toMute({ id, tenantId, tenant, owner, reason, createdAt, endsAt }: MuteRecord): MuteView {
  return {
    id,
    tenantId,
    tenantName: tenant.name,
    owner,
    reason,
    createdAt: createdAt.toISOString(),
    endsAt: endsAt.toISOString(),
  }
}

/** @param visible those of the chosen tenants that the reader may see, when tenants were named */
export function toSchedule(
  record: ScheduleRecord,
  {
    lastRun,
    mutes,
    visible,
    ownerProblem,
  }: {
    lastRun: RunView | null
    mutes: MuteRecord[]
    visible: Set<string> | null
    ownerProblem: Failure | null
  },
): ScheduleView {
  const tenants = readTenants(record.tenants)
  const isNamed = tenants !== 'all' && !('tag' in tenants)
  const { savedQuery } = record
  return {
    id: record.id,
    name: record.name,
    query: {
      id: savedQuery.id,
      name: savedQuery.name,
      version: record.queryVersion,
      newestVersion: savedQuery.version,
    },
    parameters: readParameters(record.parameters),
    cron: record.cron,
    timeZone: record.timeZone,
    tenants: isNamed && visible ? tenants.filter(id => visible.has(id)) : tenants,
    timespan: record.timespan,
    keyColumns: record.keyColumns,
    baseline: record.baseline,
    forgetAfterDays: record.forgetAfterDays,
    enabled: record.enabled,
    runsAs: record.runsAs,
    ownerProblem,
    createdBy: record.createdBy,
    createdAt: record.createdAt.toISOString(),
    updatedAt: record.updatedAt.toISOString(),
    nextRunAt: record.nextRunAt?.toISOString() ?? null,
    openRunId: record.openRunId,
    lastRun,
    mutes: mutes.filter(({ scheduleId }) => scheduleId === record.id).map(toMute),
  }
}
