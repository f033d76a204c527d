import type pg from 'pg'
import type { SyncedIncident } from '../../microsoft/defender/index.ts'
import { retryDeadlocks } from '../../platform/database/connections/deadlocks.ts'
import type { Connections } from '../../platform/database/connections/limit-connections.ts'
import type { Origin } from '../activity.ts'
import { sendChanges } from '../events/changes.ts'
import { markDeleted, writeIncidents } from '../write-store.ts'

/**
 * Writes what Microsoft told of incidents outside of a round, and announces it.
 *
 * @param askedAt before it was asked
 * @param origin who is behind what changed; Microsoft's own word for it when absent
 */
export function recordAnswer(
  pool: Connections,
  tenantId: string,
  incidents: readonly SyncedIncident[],
  askedAt: Date,
  origin?: Origin,
): Promise<void> {
  return inTransaction(pool, async client => {
    const answer = { tenantId, incidents, askedAt, ...(origin ? { origin } : {}) }
    const { changes } = await writeIncidents(client, answer)
    await sendChanges(client, tenantId, changes)
  })
}

/** Marks an incident that Microsoft was found not to have any more, and announces it. */
export function recordDeletion(pool: Connections, tenantId: string, incidentId: string): Promise<void> {
  return inTransaction(pool, async client => {
    const change = await markDeleted(client, tenantId, incidentId)
    if (change) await sendChanges(client, tenantId, [change])
  })
}

export function inTransaction<T>(pool: Connections, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return retryDeadlocks(async () => {
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      const result = await work(client)
      await client.query('COMMIT')
      client.release()
      return result
    } catch (error) {
      // A connection in an unknown state is not given back.
      client.release(true)
      throw error
    }
  })
}

/** The database's time, which rows are stamped with: processes' clocks differ. */
export async function databaseTime(pool: Connections): Promise<Date> {
  const { rows } = await pool.query<{ at: Date }>('SELECT clock_timestamp() AS at')
  return rows[0]?.at ?? new Date()
}
