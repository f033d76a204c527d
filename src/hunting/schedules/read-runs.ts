import type { Database } from '../../database/index.ts'
import type { Actor } from '../../tenants/actor.ts'
import type { ExportChunk, ExportSource } from '../export/source.ts'
import { decodeChunk } from '../results/chunk.ts'
import { cursorOf, limitOf, type Page, requireRun, requireSchedule } from './look-up.ts'
import type { FindingView, RunView } from './model.ts'
import { newRowsSource } from './new-rows.ts'
import { findFindings, findNewRows, findRuns, type RunRecord } from './run-store.ts'
import { showRuns } from './show.ts'
import { toFinding, toRun } from './view.ts'

/** What the runs of a schedule found, over the tenants that the reader may see. */
export type ReadRuns = {
  /** Newest first. @throws AppError `not_found`, `invalid` */
  runs(actor: Actor, id: string, page?: Page): Promise<{ items: RunView[]; nextCursor: string | null }>
  /** @throws AppError `not_found` */
  run(actor: Actor, id: string, runId: string): Promise<RunView & { findings: FindingView[] }>
  /** New rows that are kept, tenant by tenant. @throws AppError `not_found` at the first step */
  newRows(actor: Actor, id: string, runId: string): AsyncGenerator<ExportChunk>
  /** The same as a result to be exported, with who did not answer. @throws AppError `not_found` */
  exportNewRows(actor: Actor, id: string, runId: string): Promise<ExportSource>
}

export function createReadRuns(db: Database): ReadRuns {
  return {
    async runs(actor, id, page = {}) {
      const schedule = await requireSchedule(db, actor, id)
      const limit = limitOf(page)
      const records = await findRuns(db, schedule.id, cursorOf(page), limit + 1)
      const items = await showRuns(db, actor, records.slice(0, limit))
      return { items, nextCursor: records.length > limit ? (items.at(-1)?.id ?? null) : null }
    },

    async run(actor, id, runId) {
      const run = await requireRun(db, actor, id, runId)
      const [shown] = await showRuns(db, actor, [run])
      const findings = await findFindings(db, actor, run.id)
      return { ...(shown ?? toRun(run, undefined)), findings: findings.map(toFinding) }
    },

    async *newRows(actor, id, runId) {
      yield* readNewRows(db, actor, await requireRun(db, actor, id, runId))
    },

    async exportNewRows(actor, id, runId) {
      const run = await requireRun(db, actor, id, runId)
      const findings = await findFindings(db, actor, run.id)
      return newRowsSource(findings.map(toFinding), () => readNewRows(db, actor, run))
    },
  }
}

async function* readNewRows(db: Database, actor: Actor, run: RunRecord): AsyncGenerator<ExportChunk> {
  for await (const { tenantId, tenantName, rows } of findNewRows(db, actor, run.id)) {
    yield { tenantId, tenantName, ...decodeChunk(rows) }
  }
}
