import { vi } from 'vitest'
import type { RunningApp } from './app.ts'

/** Waits until an app that synchronises has all incidents of a tenant, their alerts included. */
export async function synced({ database }: RunningApp, tenantId: string): Promise<void> {
  const { db } = database
  await vi.waitFor(
    async () => {
      const sync = await db.incidentSync.findUnique({ where: { tenantId } })
      const due = await db.incident.count({ where: { tenantId, alertsDueAt: { not: null } } })
      if (!sync?.backfillDoneAt || !sync.syncedAt || due > 0)
        throw new Error(`${due} incidents lack their alerts`)
    },
    { timeout: 120_000, interval: 100 },
  )
}
