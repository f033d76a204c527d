import { appendFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sealAnchor } from '../../src/audit/anchors/anchor.ts'
import { placesIn } from '../../src/audit/places.ts'
import { apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { signedIn, words } from '../helpers/staff.ts'

let running: RunningApp

beforeAll(async () => {
  running = await startApp({ tenants: 2, work: false })
})
afterAll(() => running?.close())

const acknowledgements = '/audit/restore-acknowledgements'

/** A head outside the database that counts events which the database does not have, as after a restore. */
async function givenRestore(): Promise<{ until: bigint }> {
  const { config } = running.services
  const { eventId } = await running.database.db.auditHead.findFirstOrThrow()
  const until = eventId + 500n
  const head = { id: `${until}`, hash: 'e'.repeat(64), at: new Date().toISOString() }
  const key = Buffer.from(config.secretKey ?? '', 'base64')
  await appendFile(placesIn(config.dataDir).anchorFile, `${JSON.stringify(sealAnchor(key, head))}\n`)
  return { until }
}

test('an administrator acknowledges a restore on the audit page, and the page says so from then on', async () => {
  const admin = await signedIn(running)
  const reader = await signedIn(running, 'reader@partner.example')
  const { until } = await givenRestore()
  await running.services.auditChecks.runDaily()

  const found = await admin.get('/audit')
  const seenByReader = await reader.get('/audit')
  const refused = await reader.post(acknowledgements, { reason: 'x' })
  const empty = await admin.send('/audit', acknowledgements, { reason: '  ' })
  const after = await admin.send('/audit', acknowledgements, { reason: 'backup of 03:00' })

  expect(words(found.text)).toMatch(
    new RegExp(`Events \\d+ to ${until} as they were are not in the database`),
  )
  expect(words(seenByReader.text)).not.toContain('Acknowledge the restore')
  expect(refused.status).toBe(403)
  expect(empty.status).toBe(422)
  expect(words(after.text)).toContain('1 restore from a backup was acknowledged')
  expect(words(after.text)).not.toContain('The audit does not hold')
  const [event] = await running.database.db.auditEvent.findMany({
    where: { action: 'audit.restore-acknowledged' },
  })
  expect(event).toMatchObject({
    actorKind: 'staff',
    detail: { reason: 'backup of 03:00', finding: { reason: 'rolled_back' }, until: `${until}` },
  })
})

test('on the page it needs a fresh sign-in', async () => {
  const admin = await signedIn(running)
  const { db } = running.database
  await admin.get('/audit')
  const at = new Date(Date.now() - 16 * 60_000).toISOString()
  await db.$executeRaw`
    UPDATE "Session" SET data = jsonb_set(data, '{staff,authenticatedAt}', to_jsonb(${at}::text))`

  const away = await admin.post(acknowledgements, { reason: 'old sign-in' })

  expect(new URL(away.location ?? '').searchParams.get('max_age')).toBe('900')
})

test('by the API: what is found, who may, and once', async () => {
  const api = await apiOf(running, 'admin')
  const limited = await apiOf(running, 'admin', ['gold'])
  const analyst = await apiOf(running, 'analyst')
  const { until } = await givenRestore()
  const body = { reason: 'moved to another server' }

  const found = await api('POST', '/audit/verification')
  const refused = [
    await limited('POST', acknowledgements, body),
    await analyst('POST', acknowledgements, body),
  ]
  const unreasoned = await api('POST', acknowledgements, {})
  const done = await api('POST', acknowledgements, body)
  const again = await api('POST', acknowledgements, body)

  expect(found.body).toMatchObject({ intact: false, lost: { until: `${until}` } })
  expect(refused.map(({ status }) => status)).toEqual([403, 403])
  expect(unreasoned.status).toBe(422)
  expect(done).toMatchObject({ status: 200, body: { intact: true, restores: 2, lost: null } })
  expect(again).toMatchObject({ status: 409, body: { code: 'conflict' } })
})
