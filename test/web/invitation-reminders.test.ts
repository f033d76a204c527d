import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { systemActor } from '../../src/tenants/actor.ts'
import type { ContactDraft } from '../../src/tenants/contact.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { headerOf, type MailServer, startMailServer } from '../helpers/mail-server.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { emptyDatabase } from '../tenants/givens.ts'

let mail: MailServer
let running: RunningApp
let asAdmin: Api
let staff: Staff

beforeAll(async () => {
  mail = await startMailServer()
  running = await startApp({
    work: false,
    settings: {
      TENANTRY_SMTP_URL: mail.url.href,
      TENANTRY_MAIL_FROM: 'Alder Security <alerts@partner.example>',
      TENANTRY_PARTNER_NAME: 'Alder Security',
    },
  })
})

beforeEach(async () => {
  await emptyDatabase(running.database)
  asAdmin = await apiOf(running, 'admin')
  staff = await signedIn(running)
  mail.answer('ok')
  mail.received.length = 0
})

afterAll(async () => {
  await running?.close()
  await mail?.close()
})

const ana = { name: 'Ana Lima', email: 'ana@customer.example', phone: null }
const dayMs = 86_400_000

async function givenOverdue(contact: ContactDraft | null = ana): Promise<string> {
  const { id } = await running.services.invitations.create(systemActor, {
    customerName: 'Larkfield',
    contact,
    remindAt: new Date(Date.now() - dayMs),
  })
  return id
}

const send = (id: string) => staff.post(`/invitations/${id}/reminder`)

test('a reminder is mailed after a confirmation, audited, and not again within a day', async () => {
  const id = await givenOverdue()
  const { text: page } = await staff.get(`/invitations/${id}`)

  const first = await staff.follow(await send(id))
  const second = await staff.follow(await send(id))
  const byApi = await asAdmin('POST', `/invitations/${id}/reminder`)

  expect(page).toContain('Send the reminder?')
  expect(page).toContain('mailto:ana%40customer.example?subject=Reminder')
  expect(words(first.text)).toContain('The reminder is sent to ana@customer.example.')
  expect(words(second.text)).toContain('A reminder was sent within the last day.')
  expect(byApi).toMatchObject({ status: 409, body: { code: 'conflict' } })
  expect(mail.received).toHaveLength(1)
  const [message] = mail.received
  if (!message) throw new Error('no mail came')
  expect(message.to).toEqual([ana.email])
  expect(headerOf(message, 'Subject')).toContain(
    'Reminder: Connect your Microsoft Defender with Alder Security',
  )
  expect(message.raw).toContain('Hello Ana Lima,')
  const { body } = await asAdmin('GET', `/invitations/${id}`)
  expect(body).toMatchObject({ overdue: false, remindedAt: expect.any(String), contact: ana })
  expect(body.events.map(({ type }: { type: string }) => type)).toEqual(['created', 'reminded'])
  const audit = await running.services.audit.list(systemActor)
  const actions = audit.items.map(({ action }) => action)
  expect(actions.filter(action => action.startsWith('invitation.remind'))).toEqual([
    'invitation.reminded',
    'invitation.reminder_requested',
  ])
  expect(JSON.stringify(audit.items)).not.toContain(new URL(body.joinUrl).pathname)
})

test('of many presses at once one mail is sent', async () => {
  const id = await givenOverdue()

  const answers = await Promise.all(
    Array.from({ length: 6 }, () => asAdmin('POST', `/invitations/${id}/reminder`)),
  )

  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409])
  expect(mail.received).toHaveLength(1)
})

test('a mail server that refuses is told with its answer, and the reminder can be sent again', async () => {
  const id = await givenOverdue()
  mail.answer({ stage: 'recipient', code: 550, text: 'no such mailbox' }, 'ok')

  const refused = await staff.follow(await send(id))
  const again = await asAdmin('POST', `/invitations/${id}/reminder`)

  expect(words(refused.text)).toContain('no such mailbox')
  expect(words(refused.text)).toContain('Reminder not sent')
  expect(again.status).toBe(200)
  expect(mail.received).toHaveLength(1)
})

test('nothing is mailed for a link without an address, or that waits for nobody', async () => {
  const nameless = await givenOverdue({ name: 'Ana', email: null })
  const ended = await givenOverdue()
  await running.services.invitations.revoke(systemActor, ended)

  const page = await staff.get(`/invitations/${nameless}`)
  const answers = [
    await asAdmin('POST', `/invitations/${nameless}/reminder`),
    await asAdmin('POST', `/invitations/${ended}/reminder`),
  ]

  expect(page.text).not.toContain('Send the reminder?')
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual([
    [422, 'invalid'],
    [409, 'conflict'],
  ])
  expect(mail.received).toHaveLength(0)
})

test('who may only look sends no reminder and changes nothing', async () => {
  const id = await givenOverdue()
  const asReader = await apiOf(running, 'reader')

  const answers = [
    await asReader('POST', `/invitations/${id}/reminder`),
    await asReader('PATCH', `/invitations/${id}`, { tags: ['north'] }),
  ]

  expect(answers.map(({ status }) => status)).toEqual([403, 403])
  expect(mail.received).toHaveLength(0)
})

test.each([
  ['contactEmail', 'ana@customer.example\r\nBcc: everybody@attacker.example'],
  ['contactEmail', 'ana@customer.example,eve@attacker.example'],
  ['contactName', 'Ana\r\nSubject: you have won'],
  ['contactPhone', 'javascript:alert(1)'],
  ['remindOn', '2026-02-31'],
  ['tags', '<script>'],
])('%s %j comes back beside its field, in both forms', async (field, value) => {
  const id = await givenOverdue()
  await staff.get('/invitations/new')
  const form = { customerName: 'Larkfield', hours: '168', [field]: value }

  const answers = [await staff.post('/invitations', form), await staff.post(`/invitations/${id}`, form)]

  for (const { status, text } of answers) {
    expect(status).toBe(422)
    expect(text).toContain(`id="${field}-error"`)
    expect(text).not.toContain('<script>')
  }
  expect(await running.database.db.invitation.count()).toBe(1)
})

test('lists, the dashboard and the API tell which links were not used', async () => {
  const id = await givenOverdue()
  await running.services.invitations.create(systemActor, { customerName: 'Fresh' })

  const list = await staff.get('/invitations?overdue=true')
  const dashboard = await staff.get('/')
  const { body } = await asAdmin('GET', '/invitations?overdue=true')

  expect(words(list.text)).toContain('Larkfield')
  expect(words(list.text)).toContain('Overdue')
  expect(words(list.text)).not.toContain('Fresh')
  expect(dashboard.text).toContain('href="/invitations?overdue=true"')
  expect(words(dashboard.text)).toContain('1 invitation')
  expect(body.items.map((item: { id: string }) => item.id)).toEqual([id])
})

test('tags, contact and reminder are set and changed by the form and by the API', async () => {
  const remindAt = '2026-12-24T00:00:00.000Z'
  const made = await asAdmin('POST', '/invitations', {
    customerName: 'Larkfield',
    tags: ['North'],
    contact: { email: 'ana@Customer.example' },
    remindAt,
  })
  const { id } = made.body

  const saved = await staff.follow(
    await staff.post(`/invitations/${id}`, {
      tags: 'gold, north',
      contactName: 'Ana Lima',
      contactEmail: ana.email,
      contactPhone: '',
      remindOn: '2026-12-31',
    }),
  )
  const patched = await asAdmin('PATCH', `/invitations/${id}`, { contact: null, remindAt: null })

  expect(made.body).toMatchObject({
    tags: ['north'],
    contact: { name: null, email: ana.email, phone: null },
    remindAt,
  })
  expect(words(saved.text)).toContain('31 Dec 2026')
  expect(saved.text).toContain('value="Ana Lima"'.slice(7, -1))
  expect(patched.body).toMatchObject({
    tags: ['gold', 'north'],
    contact: null,
    remindAt: null,
    overdue: false,
  })
})
