import { type Failure, ownFailure } from '../../../errors.ts'
import type { NotificationEvent } from '../../../notifications/event.ts'
import { systemActor } from '../../../tenants/actor.ts'
import type { Transaction } from '../store.ts'
import { findFindings, type RunWithSchedule } from './run-store.ts'

/** What is to be told: in the console once, and to each webhook what it may know. */
export type Announcement = {
  kind: 'findings' | 'failed'
  title: string
  href: string
  runId: string
  /** @returns null when there is nothing to tell to somebody who sees only these tenants */
  eventFor(isVisible: (tenantId: string) => boolean): NotificationEvent | null
}

/** Writes an announcement in the transaction. @returns what sends it once the transaction has ended */
export type Announce = (tx: Transaction, announcement: Announcement) => Promise<() => Promise<void>>

type Deps = { announce: Announce; publicUrl: string; now: () => Date }

/** Tells of what a run found, or that nobody answered it; else nothing. */
export async function announceRun(
  { announce, publicUrl, now }: Deps,
  tx: Transaction,
  run: RunWithSchedule,
): Promise<(() => Promise<void>) | null> {
  const findings = await findFindings(tx, systemActor, run.id)
  if (findings.length > 0 && findings.every(({ outcome }) => outcome !== 'answered')) {
    const problem = ownFailure({
      code: 'no_answers',
      message: `none of ${findings.length} tenants answered`,
      remedy: 'Open the run to see why each of them failed.',
    })
    return await announceFailure({ announce, publicUrl, now }, tx, run, problem)
  }
  const fresh = findings.filter(
    ({ newCount, isBaseline, isMuted }) => newCount > 0 && !isBaseline && !isMuted,
  )
  if (fresh.length === 0) return null

  const { schedule } = run
  const href = hrefOf(run)
  const titleOf = (tenants: typeof fresh) => {
    const rows = tenants.reduce((sum, { newCount }) => sum + newCount, 0)
    return `${schedule.name}: ${counted(rows, 'new row')} in ${counted(tenants.length, 'tenant')}`
  }
  return announce(tx, {
    kind: 'findings',
    title: titleOf(fresh),
    href,
    runId: run.id,
    eventFor(isVisible) {
      const tenants = fresh.filter(({ tenantId }) => isVisible(tenantId))
      if (tenants.length === 0) return null
      const asked = findings.filter(({ tenantId }) => isVisible(tenantId))
      const answered = asked.filter(({ outcome }) => outcome === 'answered').length
      return {
        type: 'schedule.findings',
        at: now().toISOString(),
        summary: titleOf(tenants),
        url: `${publicUrl}${href}`,
        schedule: { id: schedule.id, name: schedule.name },
        query: { id: schedule.savedQuery.id, name: schedule.savedQuery.name, version: run.queryVersion },
        run: runOf(run),
        newRows: tenants.reduce((sum, { newCount }) => sum + newCount, 0),
        tenants: tenants.map(({ tenantId, tenantName, newCount }) => ({
          tenantId,
          name: tenantName,
          newRows: newCount,
        })),
        coverage: {
          asked: asked.length,
          answered,
          failed: asked.length - answered,
          truncated: asked.filter(({ truncated }) => truncated).length,
        },
      }
    },
  })
}

/** Tells that a run came to nothing. Webhooks that may know some tenants only are not told. */
export function announceFailure(
  { announce, publicUrl, now }: Deps,
  tx: Transaction,
  run: RunWithSchedule,
  problem: Failure,
): Promise<() => Promise<void>> {
  const { schedule } = run
  const title = `${schedule.name} could not run: ${problem.message}`
  const href = hrefOf(run)
  const everywhere = '*'
  return announce(tx, {
    kind: 'failed',
    title,
    href,
    runId: run.id,
    eventFor: isVisible =>
      isVisible(everywhere)
        ? {
            type: 'schedule.failed',
            at: now().toISOString(),
            summary: title,
            url: `${publicUrl}${href}`,
            schedule: { id: schedule.id, name: schedule.name },
            run: runOf(run),
            problem,
          }
        : null,
  })
}

function hrefOf(run: RunWithSchedule): string {
  return `/schedules/${run.scheduleId}/runs/${run.id}`
}

function runOf({ id, dueAt, huntId }: RunWithSchedule) {
  return { id, dueAt: dueAt?.toISOString() ?? null, huntId }
}

function counted(count: number, singular: string): string {
  return `${count.toLocaleString('en')} ${singular}${count === 1 ? '' : 's'}`
}
