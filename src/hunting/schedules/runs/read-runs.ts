import type { Audit } from '../../../audit/audit.ts'
import type { Database } from '../../../platform/database/index.ts'
import { type PageRequest, pageLimit, readIdCursor } from '../../../platform/paging.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { countOutcomes } from '../../hunts/coverage-store.ts'
import { decodeChunk } from '../../results/chunks/chunk.ts'
import { countedExport } from '../../results/export/counted-export.ts'
import type { ExportChunk, ExportSource } from '../../results/export/source.ts'
import { requireRun, requireSchedule } from '../look-up.ts'
import type { FindingView, RunView } from '../model.ts'
import { showRuns } from '../show.ts'
import { toFinding, toRun } from '../view.ts'
import { newRowsSource } from './new-rows.ts'
import { findFindings, findNewRows, findRuns, type RunRecord } from './run-store.ts'

/** What the runs of a schedule found, over the tenants that the reader may see. */
export type ReadRuns = {
  /** Newest first. @throws AppError `not_found`, `invalid` */
  runs(actor: Actor, id: string, page?: PageRequest): Promise<{ items: RunView[]; nextCursor: string | null }>
  /** @throws AppError `not_found` */
  run(actor: Actor, id: string, runId: string): Promise<RunView & { findings: FindingView[] }>
  /** New rows that are kept, as a result to be exported, with who did not answer. @throws AppError `not_found` */
  newRows(actor: Actor, id: string, runId: string): Promise<ExportSource>
  /** The same for a file: how many rows went out is recorded once they were read. */
  exportNewRows(actor: Actor, id: string, runId: string): Promise<ExportSource>
}

export function createReadRuns(db: Database, audit: Pick<Audit, 'record'>): ReadRuns {
  async function sourceOf(actor: Actor, run: RunRecord): Promise<ExportSource> {
    const findings = await findFindings(db, actor, run.id)
    const waiting = isOpen(run) ? await countWaiting(actor, run, findings.length) : 0
    return newRowsSource(findings.map(toFinding), () => readNewRows(db, actor, run), waiting)
  }

  /** Tenants of an unfinished run that have not answered; before it has a hunt, how many is not known. */
  async function countWaiting(actor: Actor, { huntId }: RunRecord, answered: number): Promise<number> {
    const outcomes = huntId ? await countOutcomes(db, actor, huntId) : []
    const asked = outcomes.reduce((sum, { tasks }) => sum + tasks, 0)
    return Math.max(1, asked - answered)
  }

  return {
    async runs(actor, id, page = {}) {
      const schedule = await requireSchedule(db, actor, id)
      const limit = pageLimit(page.limit)
      const records = await findRuns(db, schedule.id, readIdCursor(page.cursor), limit + 1)
      const items = await showRuns(db, actor, records.slice(0, limit))
      return { items, nextCursor: records.length > limit ? (items.at(-1)?.id ?? null) : null }
    },

    async run(actor, id, runId) {
      const run = await requireRun(db, actor, id, runId)
      const [shown] = await showRuns(db, actor, [run])
      const findings = await findFindings(db, actor, run.id)
      return { ...(shown ?? toRun(run, undefined)), findings: findings.map(toFinding) }
    },

    async newRows(actor, id, runId) {
      return await sourceOf(actor, await requireRun(db, actor, id, runId))
    },

    async exportNewRows(actor, id, runId) {
      const run = await requireRun(db, actor, id, runId)
      return countedExport(await sourceOf(actor, run), async counted => {
        await audit.record({
          actor,
          action: 'schedule.exported',
          target: id,
          detail: { runId: run.id, ...counted },
        })
      })
    },
  }
}

function isOpen({ status }: RunRecord): boolean {
  return status !== 'done' && status !== 'failed'
}

async function* readNewRows(db: Database, actor: Actor, run: RunRecord): AsyncGenerator<ExportChunk> {
  for await (const { tenantId, tenantName, rows } of findNewRows(db, actor, run.id)) {
    yield { tenantId, tenantName, ...decodeChunk(rows) }
  }
}
