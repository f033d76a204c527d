import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { analyst, givenHunts, givenTenants, query, until } from './stage.ts'

test('cancel goes through although outcomes are being written in another order', async () => {
  const { db, url, hunts } = await givenHunts(() => '', { work: false })
  const ids = await givenTenants(db, 2)
  const { id } = await hunts.create(analyst, { query, tenants: 'all' })
  const other = new pg.Client({ connectionString: url })
  await other.connect()
  onTestFinished(() => other.end())
  const lockedRows = await db.$queryRaw<{ tenantId: string }[]>`
    SELECT "tenantId" FROM "HuntTask" WHERE "huntId" = ${id}::uuid ORDER BY ctid`
  const [first, last] = lockedRows.map(({ tenantId }) => tenantId)
  const touch = (tenantId: string | undefined) =>
    other.query(
      `UPDATE "HuntTask" SET attempts = attempts + 1 WHERE "huntId" = $1 AND "tenantId" = $2 AND status = 'queued'`,
      [id, tenantId],
    )
  await other.query('BEGIN')
  await touch(last)

  const canceling = hunts.cancel(analyst, id)
  // PostgreSQL may end the other side instead: then this test fails, and nobody waits for the cancellation.
  canceling.catch(() => {})
  await until(
    async () => {
      const waiting = await db.$queryRaw<unknown[]>`
        SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
      return waiting.length
    },
    count => count === 1,
  )
  await touch(first)
  await other.query('COMMIT')
  const canceled = await canceling

  expect(canceled).toMatchObject({ status: 'canceled', counts: { canceled: ids.length } })
})
