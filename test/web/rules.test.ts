import { afterAll, beforeAll, expect, test } from 'vitest'
import { recordAnswer } from '../../src/incidents/change/record.ts'
import { createPool } from '../../src/platform/database/connections/connections.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { customersOf } from '../helpers/customers.ts'
import { headerOf, type MailServer, startMailServer } from '../helpers/mail-server.ts'
import { type Receiver, startReceiver } from '../helpers/receiver.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { anAlert, anIncident } from '../incidents/given-incidents.ts'

let running: RunningApp
let mail: MailServer
let receiver: Receiver
let asAdmin: Api
let asAnalyst: Api
let staff: Staff
let tenantId: string

const home = '/notifications/rules'
const form = { name: 'High severity', severity: 'high', scope: 'all', console: 'everyone', timeZone: 'UTC' }

beforeAll(async () => {
  mail = await startMailServer()
  receiver = await startReceiver()
  running = await startApp({
    settings: { TENANTRY_SMTP_URL: mail.url.href, TENANTRY_MAIL_FROM: 'Tenantry <alerts@partner.example>' },
  })
  ;({ tenantId } = await customersOf(running).connected())
  const startedAt = new Date(Date.now() - 86_400_000)
  await running.database.db.incidentSync.upsert({
    where: { tenantId },
    create: { tenantId, startedAt },
    update: { startedAt },
  })
  asAdmin = await apiOf(running, 'admin')
  asAnalyst = await apiOf(running, 'analyst')
  staff = await signedIn(running, 'analyst@partner.example')
})
afterAll(async () => {
  await running?.close()
  await receiver.close()
  await mail.close()
})

/** An incident comes in, as the synchronisation writes it. */
async function arrive(id: string, values: Parameters<typeof anIncident>[1] = {}) {
  const pool = createPool(running.database.url, { name: 'test', max: 1 })
  pool.on('error', () => {})
  const at = new Date(Date.now() + 1).toISOString()
  const incident = anIncident(id, {
    severity: 'high',
    createdAt: at,
    updatedAt: at,
    alerts: [anAlert(id)],
    ...values,
  })
  await recordAnswer(pool, tenantId, [incident], new Date(Date.now() + 60_000))
  await pool.end()
}

test('without rules the page says what they are for; a new one tells of incidents within seconds', async () => {
  const empty = await staff.get(home)
  const made = await staff.send(`${home}/new`, home, { ...form, emails: 'soc@partner.example' })
  await arrive('1', { title: 'Ransomware <b>now</b>' })

  await expect.poll(() => mail.received.length, { interval: 100 }).toBe(1)
  await expect
    .poll(async () => words((await staff.get('/notifications')).text), { interval: 200 })
    .toContain('High: Ransomware &lt;b&gt;now&lt;/b&gt;')
  const list = await staff.get(home)
  const show = await staff.get(made.url)
  expect(words(empty.text)).toContain('No rules yet')
  expect(words(made.text)).toContain('The rule is on')
  expect(words(list.text)).toMatch(
    /High severity On High · all tenants Console \(everyone\), soc@partner.example .* Delivered/,
  )
  expect(show.text).toContain('Ransomware &lt;b&gt;now&lt;/b&gt;')
  expect(words(show.text)).toContain('queued as 4711')
  expect(mail.received[0] && headerOf(mail.received[0], 'Subject')).toContain('Ransomware <b>now</b>')
}, 60_000)

test('the test button says what the channel answered', async () => {
  const { body: webhook } = await asAdmin('POST', '/webhooks', {
    name: 'Shift in Slack',
    url: receiver.url,
    format: 'slack',
    allowPrivate: true,
    rulesOnly: true,
  })
  const made = await staff.send(`${home}/new`, home, {
    ...form,
    name: 'Slack',
    console: 'none',
    webhook: webhook.id,
  })
  const test = /action="([^"]+\/test)"/.exec(made.text)?.[1] ?? ''

  receiver.answer({ status: 200, text: 'ok' }, { status: 404, text: 'no_service' })
  const arrived = await staff.send(made.url, test)
  const refused = await staff.send(made.url, test)

  expect(words(arrived.text)).toMatch(/Shift in Slack took the test message.*: 200 ok/)
  expect(words(refused.text)).toMatch(
    /did not take the test message.*does not exist any more: 404 no_service.*Make a new incoming webhook/,
  )
  expect(words((await staff.get(`${made.url}?status=failed`)).text)).toContain('Make a new incoming webhook')
})

test('a preview says how many incidents of the last week match', async () => {
  await arrive('20', { severity: 'low', title: 'Coinminer found' })

  const { text } = await staff.partial(`${home}/preview?severity=low&words=coin&scope=all`)
  const none = await staff.partial(`${home}/preview?severity=low&words=nothing&scope=chosen`)
  const api = await asAnalyst('POST', '/notification-rules/preview', { severities: ['low'], words: 'coin' })

  expect(words(text)).toContain('Matches 1 of the incidents of the last 7 days.')
  expect(text).toContain('href="/incidents?severity=low&amp;search=coin&amp;status=all&amp;age=7d"')
  expect(words(none.text)).toContain('Matches 0 of')
  expect(api.body).toEqual({ matches: 1, isExact: true, days: 7 })
})

test('what is wrong stands beside its field, with what was typed', async () => {
  const wrong = await staff.send(`${home}/new`, home, {
    ...form,
    name: '',
    words: '"><script>',
    console: 'none',
    emails: 'nobody',
    quiet: 'true',
    quietFrom: '9',
    quietUntil: '07:00',
  })

  expect(wrong.status).toBe(422)
  const said = words(wrong.text)
  for (const message of ['Give the rule a name', 'is no e-mail address', 'Write a time of the day'])
    expect(said).toContain(message)
  expect(wrong.text).not.toContain('"><script>')
})

test('the API makes, changes, pauses, tests and removes rules, each its owner’s', async () => {
  const draft = { name: 'By API', severities: ['high'], targets: [{ kind: 'console', address: 'owner' }] }
  const made = await asAnalyst('POST', '/notification-rules', draft)
  const { id, targets } = made.body
  const path = `/notification-rules/${id}`
  const limited = await apiOf(running, 'analyst', ['nowhere'])

  const changed = await asAnalyst('PUT', path, {
    ...draft,
    quiet: { from: '22:00', until: '07:00' },
    tenants: [tenantId],
  })
  const paused = await asAnalyst('PUT', `${path}/enabled`, { enabled: false })
  const tested = await asAnalyst('POST', `${path}/targets/${targets[0].id}/test`)
  const deliveries = await asAnalyst('GET', `${path}/deliveries?status=delivered`)
  const foreign = await limited('GET', path)
  const wide = await limited('POST', '/notification-rules', { ...draft, tenants: [tenantId] })
  const taken = await asAdmin('PUT', `${path}/owner`)
  const lost = await asAnalyst('GET', path)
  const removed = await asAdmin('DELETE', path)

  expect(made).toMatchObject({
    status: 201,
    body: { enabled: true, isOwn: true, tenants: 'all', lastDelivery: null },
  })
  expect(changed.body).toMatchObject({
    quiet: { from: '22:00', until: '07:00', exceptHigh: true },
    tenants: [tenantId],
  })
  expect(paused.body).toMatchObject({ enabled: false })
  expect(tested).toMatchObject({ status: 200, body: { kind: 'test', status: 'delivered' } })
  expect(deliveries.body.items).toMatchObject([{ kind: 'test' }])
  expect([foreign.status, wide.status, lost.status]).toEqual([404, 404, 404])
  expect(taken.body).toMatchObject({ isOwn: true, owner: 'admin key' })
  expect(removed.status).toBe(204)
  const { items } = (await asAdmin('GET', `/audit?limit=50`)).body
  const actions = items
    .map(({ action }: { action: string }) => action)
    .filter((action: string) => action.startsWith('rule.'))
  expect(new Set(actions)).toEqual(
    new Set([
      'rule.created',
      'rule.changed',
      'rule.paused',
      'rule.tested',
      'rule.taken-over',
      'rule.removed',
    ]),
  )
})

test('readers make no rules, and one rule is not tried without end', async () => {
  const reader = await signedIn(running, 'reader@partner.example')
  const asReader = await apiOf(running, 'reader')
  const { body } = await asAnalyst('POST', '/notification-rules', {
    name: 'Tried often',
    targets: [{ kind: 'console', address: 'owner' }],
  })
  const test = `/notification-rules/${body.id}/targets/${body.targets[0].id}/test`

  const statuses: number[] = []
  for (let count = 0; count < 11; count++) statuses.push((await asAnalyst('POST', test)).status)

  expect((await reader.get(home)).status).toBe(403)
  expect((await asReader('GET', '/notification-rules')).status).toBe(403)
  expect(words((await reader.get('/notifications')).text)).not.toContain('Rules')
  expect(statuses).toEqual([...Array(10).fill(200), 429])
})
