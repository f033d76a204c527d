import type { Surface } from '../../../clouds/clouds.ts'
import type { RemoteFailure } from '../../../errors.ts'
import type { Column } from '../../results/model.ts'

/** A task that this process holds until its lease ends. `attempts` makes each claim of it another one. */
export type Claim = {
  huntId: string
  tenantId: string
  attempts: number
  /** Tries in a row that failed in a way which does not pass by itself. */
  failures: number
  /** The tenant's granted roles, `surface:Role`. */
  roles: string[]
  /** What an earlier claim left behind. */
  slices: Slices | null
  columns: Column[] | null
  rowCount: number
  chunkCount: number
}

/** What all tasks of a hunt share. */
export type HuntOrder = {
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

/** What becomes of a claimed task. `running` writes progress and keeps the claim, all others end it. */
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
  error: RemoteFailure | null
  surface?: Surface | null
  /** New ones only. */
  chunks: Chunk[]
}

/** Names a claim; the next claim of the same task has another name. */
export function claimKey({
  huntId,
  tenantId,
  attempts,
}: Pick<Claim, 'huntId' | 'tenantId' | 'attempts'>): string {
  return `${huntId} ${tenantId} ${attempts}`
}
