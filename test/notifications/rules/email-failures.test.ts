import { expect, test } from 'vitest'
import { createMailer } from '../../../src/notifications/rules/channels/email.ts'
import { pausesSeconds } from '../../../src/notifications/webhooks/deliveries.ts'
import { headerOf, startMailServer } from '../../helpers/mail-server.ts'
import { freePort } from '../../helpers/process.ts'
import { deliveries, mail, stage, toMail, useMail, withAlerts } from './mail-stage.ts'
import { analyst, ruleDraft } from './stage.ts'

useMail()

test.each([
  [
    'an address it does not know',
    { stage: 'recipient', code: 550, text: '5.1.1 No such user' },
    'mail_address_refused',
    1,
  ],
  ['the message', { stage: 'message', code: 554, text: '5.7.1 Policy' }, 'mail_refused', 1],
] as const)(
  'a server that refuses %s is told with cause and remedy, and asked once',
  async (_what, answer, code, attempts) => {
    const tenant = await stage.tenant('Contoso')
    const { id } = await stage.rules.create(analyst, ruleDraft(toMail))
    mail.answer(answer)

    await stage.arrive(tenant, ['1', withAlerts], ['2', withAlerts])
    await stage.drive(90_000)

    const [first] = await deliveries(id)
    expect(first).toMatchObject({
      status: 'failed',
      attempts,
      failure: { code, service: 'mail', serviceCode: String(answer.code) },
    })
    expect(first?.failure?.message).toContain(answer.text)
    expect(first?.failure?.remedy).not.toBe('')
    const news = (await stage.notifications.list(analyst)).items
    expect(news).toMatchObject([{ kind: 'undelivered', href: `/notifications/rules/${id}` }])
  },
)

test('a server that is busy is asked again with growing pauses', async () => {
  const tenant = await stage.tenant('Contoso')
  const { id } = await stage.rules.create(analyst, ruleDraft(toMail))
  const busy = { stage: 'message', code: 451, text: '4.7.1 Greylisted' } as const
  mail.answer(busy, busy, 'ok')

  await stage.arrive(tenant, ['1', withAlerts])
  await stage.drive()
  const [waits] = await deliveries(id)
  await stage.drive(100)

  expect(waits).toMatchObject({
    status: 'pending',
    attempts: 1,
    failure: { code: 'mail_busy', permanent: false },
  })
  expect(Date.parse(waits?.nextAttemptAt ?? '') - Date.parse(waits?.createdAt ?? '')).toBe(
    (pausesSeconds[0] ?? 0) * 1000,
  )
  expect(await deliveries(id)).toMatchObject([{ status: 'delivered', attempts: 3, failure: null }])
  expect(mail.received).toHaveLength(1)
})

test('a test says what the server answered, whatever the hour', async () => {
  const quiet = { from: '00:00', until: '23:59', exceptHigh: false }
  const rule = await stage.rules.create(analyst, ruleDraft({ ...toMail, quiet }))
  const target = rule.targets[0]?.id ?? ''

  const arrived = await stage.rules.test(analyst, rule.id, target)
  mail.answer({ stage: 'recipient', code: 550, text: '5.1.1 No such user' })
  const refused = await stage.rules.test(analyst, rule.id, target)

  expect(arrived).toMatchObject({
    kind: 'test',
    status: 'delivered',
    answer: expect.stringContaining('queued as 4711'),
  })
  expect(refused).toMatchObject({ status: 'failed', failure: { code: 'mail_address_refused' } })
  expect(mail.received.map(message => headerOf(message, 'Subject'))).toEqual([
    'Test of the rule High severity',
  ])
  const { items } = await auditOf(rule.id)
  expect(items.map(({ action, result }) => [action, result])).toContainEqual(['rule.tested', 'failed'])
})

async function auditOf(target: string) {
  return { items: await stage.db.auditEvent.findMany({ where: { target } }) }
}

test('passwords, silence and unreachable servers have names of their own', async () => {
  const closed = await startMailServer({ signIn: { user: 'tenantry', pass: 'p@ss/word' } })
  const port = await freePort()
  const message = {
    to: 'soc@partner.example',
    subject: 's',
    text: 't',
    html: 'h',
    id: 'i',
    thread: null,
    before: [],
  }
  const send = async (url: URL | null) => {
    const settings = url && { url, from: 'alerts@partner.example' }
    const mailer = createMailer({ settings, domain: 'tenantry.partner.example' })
    const outcome = await mailer.send(message)
    mailer.close()
    return outcome.failure?.code ?? 'delivered'
  }
  const wrong = new URL(closed.url)
  wrong.password = 'guess'

  expect(await send(closed.url)).toBe('delivered')
  expect(await send(wrong)).toBe('mail_sign_in_refused')
  expect(await send(new URL(`smtp://127.0.0.1:${port}`))).toBe('mail_unreachable')
  expect(await send(new URL(`smtps://127.0.0.1:${closed.url.port}`))).toBe('mail_no_tls')
  expect(await send(null)).toBe('mail_not_set_up')
  await closed.close()
})

test('a server that falls silent is given up in time', async () => {
  mail.answer('silent')
  const tenant = await stage.tenant('Contoso')
  const { id } = await stage.rules.create(analyst, ruleDraft(toMail))

  await stage.arrive(tenant, ['1', withAlerts])
  await stage.drive()

  expect(await deliveries(id)).toMatchObject([{ status: 'pending', failure: { code: 'mail_unreachable' } }])
})
