import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator, customersOf } from '../helpers/customers.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'

let running: RunningApp
let admin: Staff
let tenantId: string
let page: string

beforeAll(async () => {
  running = await startApp({ tenants: 20, work: false })
  admin = await signedIn(running)
  tenantId = (await customersOf(running).connected()).tenantId
  page = `/tenants/${tenantId}/activity-links`
  await running.services.audit.record({
    actor: { ...administrator, label: 'someone@partner.example' },
    action: 'incident.updated',
    tenantId,
    target: `${tenantId}:42`,
    detail: {
      title: '<script>alert(1)</script>',
      from: { status: 'active', assignedTo: null },
      to: { status: 'resolved', assignedTo: 'someone@partner.example' },
      comment: 'Closed',
    },
  })
  await running.services.audit.record({
    actor: administrator,
    action: 'incident.updated',
    tenantId: '99999999-0000-4000-8000-000000000000',
    target: '99999999-0000-4000-8000-000000000000:7',
  })
})
afterAll(() => running?.close())

async function newLink(): Promise<string> {
  const { text } = await admin.send(page, page, { days: '7' })
  return /value="[^"]*(\/activity\/[\w-]{43})"/.exec(text)?.[1] ?? expect.fail('no link was shown')
}

const open = (path: string) => fetch(running.url + path)

test('a customer reads what was done in its tenant, without names of staff and without signing in', async () => {
  const answer = await open(await newLink())
  const html = await answer.text()
  const text = words(html)

  expect(answer.status).toBe(200)
  expect(answer.headers.get('cache-control')).toBe('no-store')
  expect(text).toMatch(/The staff of .+ \(administrator\)/)
  expect(text).toContain('Changed incident 42')
  expect(text).toContain('status: active → resolved, assigned to somebody; comment: Closed')
  expect(html).not.toContain('<script>alert')
  // The partner's own contact stands at the foot of the page.
  expect(html).not.toMatch(/(someone|admin)@partner\.example/)
  expect(text).not.toContain('incident 7')
})

test('a link is shown once, kept as a hash, and ends when it is revoked or its time has passed', async () => {
  const { db } = running.database
  const link = await newLink()
  const again = await admin.get(page)
  const rows = await db.activityLink.findMany({ orderBy: { id: 'desc' } })

  const id = rows[0]?.id ?? ''
  await admin.send(page, `${page}/${id}/revocation`)
  const revoked = await open(link)
  const second = await newLink()
  await db.activityLink.updateMany({ data: { expiresAt: new Date(Date.now() - 1000) } })
  const expired = await open(second)
  const wrong = await open(`/activity/${'a'.repeat(43)}`)

  expect(again.text).not.toContain(link)
  expect(JSON.stringify(rows)).not.toContain(link.split('/').at(-1))
  expect([revoked.status, expired.status, wrong.status]).toEqual([404, 404, 404])
})

test('links and their first look are in the audit', async () => {
  const { items } = await running.services.audit.list(administrator, { tenantId }, { limit: 200 })
  const actions = items.map(({ action }) => action)

  expect(actions).toEqual(
    expect.arrayContaining(['activity.link-created', 'activity.link-revoked', 'activity.opened']),
  )
  expect(items.find(({ action }) => action === 'activity.opened')).toMatchObject({
    actor: { kind: 'customer' },
    address: expect.stringMatching(/127\.0\.0\.1|::1/),
  })
})

test('who may not share gets no page of links, and the page says how the audit stands', async () => {
  const reader = await signedIn(running, 'reader@partner.example')
  const verified = await admin.send('/audit', '/audit/verification')
  await expect
    .poll(async () => words((await admin.partial('/audit/verification')).text))
    .toMatch(/All \d+ events were as they were written/)

  expect((await reader.get(page)).status).toBe(403)
  expect(words(verified.text)).toContain('Audit')
})
