import type { Database } from '../../../platform/database/index.ts'
import { systemActor } from '../../../tenants/actor.ts'
import type { Hunts } from '../../hunts/hunts.ts'
import type { HuntTask, HuntView } from '../../hunts/model.ts'
import { mutedTenants } from '../store.ts'
import { groupByTenant } from '../tenant-groups.ts'
import { type Announce, announceRun } from './announce.ts'
import { noteAnswer } from './note-answer.ts'
import { countFindings, endRun, type RunWithSchedule } from './run-store.ts'
import { addFindings, answeredBefore, doneTenants, type NewFinding, rememberAnswers } from './seen-store.ts'

export type FinishDeps = {
  db: Database
  hunts: Pick<Hunts, 'get' | 'rowChunks'>
  announce: Announce
  publicUrl: string
  now: () => Date
}

/**
 * Looks at what a run's hunt brought: per tenant what is new, then the sum.
 * Can be called again at any point, also by two processes at once: each
 * tenant's answer is noted once, and the end is told once.
 *
 * A tenant that failed is neither nothing nor seen: what it had before stays
 * known, and its rows are looked at when it answers again.
 */
export async function finishRun(deps: FinishDeps, run: RunWithSchedule, hunt: HuntView): Promise<void> {
  const { db, now } = deps
  const { schedule } = run
  const [done, before, muted] = await Promise.all([
    doneTenants(db, run.id),
    answeredBefore(db, schedule.id),
    mutedTenants(db, schedule.id, now()),
  ])
  const open = hunt.tenants.filter(({ tenantId }) => !done.has(tenantId))
  const findingOf = (tenant: HuntTask) => ({
    ...toFinding(run.id, tenant),
    isBaseline: schedule.baseline && tenant.status === 'succeeded' && !before.has(tenant.tenantId),
    isMuted: muted.has(tenant.tenantId),
  })

  const withRows = new Map(
    open
      .filter(({ status, rowCount }) => status === 'succeeded' && rowCount > 0)
      .map(tenant => [tenant.tenantId, tenant]),
  )
  if (withRows.size > 0) {
    for await (const { tenantId, items } of groupByTenant(deps.hunts.rowChunks(systemActor, hunt.id))) {
      const tenant = withRows.get(tenantId)
      if (!tenant) continue
      const key = { scheduleId: schedule.id, keyColumns: schedule.keyColumns }
      await noteAnswer(db, key, findingOf(tenant), items, now())
    }
  }
  const withoutRows = open.filter(({ tenantId }) => !withRows.has(tenantId))
  await db.$transaction(async tx => {
    await addFindings(tx, withoutRows.map(findingOf))
    const answered = withoutRows.filter(({ status }) => status === 'succeeded')
    await rememberAnswers(
      tx,
      schedule.id,
      answered.map(({ tenantId }) => tenantId),
      now(),
    )
  })

  const delivered = await db.$transaction(async tx => {
    const [counts] = await countFindings(tx, systemActor, [run.id])
    const ended = await endRun(tx, run, {
      status: 'done',
      now: now(),
      newRows: counts?.newRows ?? 0,
      tenantCount: counts?.asked ?? 0,
      answeredCount: counts?.answered ?? 0,
    })
    return ended ? await announceRun(deps, tx, run) : null
  })
  await delivered?.()
}

function toFinding(runId: string, tenant: HuntTask): NewFinding & { tenantId: string } {
  const { tenantId, name, status, rowCount, truncated, error } = tenant
  return {
    runId,
    tenantId,
    tenantName: name,
    outcome: status === 'succeeded' ? 'answered' : status === 'canceled' ? 'canceled' : 'failed',
    rowCount,
    truncated,
    ...(error && { error }),
  }
}
