import type { Failure } from '../../errors.ts'
import type { Surface } from '../../microsoft/clouds/clouds.ts'
import type { Column } from '../results/model.ts'

/** A task that this process holds until its lease ends. `attempts` tells one lease of it from the next. */
export type ClaimedTask = {
  huntId: string
  tenantId: string
  attempts: number
  /** Tries in a row that failed in a way which does not pass by itself. */
  failures: number
  /** The tenant's granted roles, `surface:Role`. */
  roles: string[]
  /** What an earlier lease left behind. */
  slices: Slices | null
  columns: Column[] | null
  rowCount: number
  chunkCount: number
}

/** What all tasks of a hunt share. */
export type HuntParameters = {
  query: string
  timespan: string | null
  /** Milliseconds since the epoch by this process's clock. */
  deadline: number
}

/** A span of time, both ends ISO 8601 UTC; `to` is not in it. */
export type Span = { from: string; to: string }

/** Spans asked one by one, in the order of time. */
export type Slices = { done: (Span & { rows: number })[]; open: Span[]; calls: number }

export type Chunk = { seq: number; rowCount: number; data: Buffer }

/** What becomes of a claimed task. `running` writes progress and keeps the lease, all others end it. */
export type Outcome = {
  status: 'running' | 'queued' | 'waiting' | 'succeeded' | 'failed'
  /** For `waiting`: until it is due again. */
  waitMs?: number
  /** To be remembered with it; 0 unless told. */
  failures?: number
  durationMs?: number | null
  /** Of the task as a whole. */
  rowCount: number
  truncated?: boolean
  columns: Column[] | null
  slices: Slices | null
  error: Failure | null
  surface?: Surface | null
  /** New ones only. */
  chunks: Chunk[]
}

/** Names a lease; the next lease of the same task has another name. */
export function leaseKey({
  huntId,
  tenantId,
  attempts,
}: Pick<ClaimedTask, 'huntId' | 'tenantId' | 'attempts'>): string {
  return `${huntId} ${tenantId} ${attempts}`
}

/** How log lines name a task. */
export function namesOf({ huntId, tenantId }: ClaimedTask): { huntId: string; tenantId: string } {
  return { huntId, tenantId }
}

/** A task and what came of it. */
export type TaskOutcome = { task: ClaimedTask; outcome: Outcome }
