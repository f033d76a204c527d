import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { deliveries, givenRule, receiver, stage, useReceiver, withAlerts } from './receiver-stage.ts'

useReceiver()

const bodies = () => receiver.received.map(({ body }) => JSON.parse(body))

test('JSON is signed, and an update has the key of the first message', async () => {
  const tenant = await stage.tenant('Contoso')
  const { id, secret } = await givenRule()

  await stage.arrive(tenant, ['1', { title: 'Ransomware', ...withAlerts }])
  await stage.drive()
  await stage.arrive(tenant, ['1', { title: 'Ransomware', status: 'resolved' }])
  await stage.drive(300)

  const key = `${id}:${tenant}:1`
  expect(bodies()).toMatchObject([
    {
      type: 'incident.created',
      key,
      revision: 1,
      incident: { title: 'Ransomware', status: 'active', tenantName: 'Contoso' },
    },
    { type: 'incident.updated', key, revision: 2, incident: { status: 'resolved' } },
  ])
  const ids = receiver.received.map(({ headers }) => headers['webhook-id'])
  expect(new Set(ids).size).toBe(2)
  for (const { headers, body } of receiver.received)
    expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toBeTruthy()
})

test.each(['teams', 'slack'] as const)('%s is told once, as it can update nothing', async format => {
  const tenant = await stage.tenant('Contoso')
  const { id } = await givenRule({ format })

  await stage.arrive(tenant, ['1', { title: 'Ransomware', ...withAlerts }])
  await stage.drive()
  await stage.arrive(tenant, ['1', { title: 'Ransomware', status: 'resolved' }])
  await stage.drive(300)

  const [message, ...others] = bodies()
  expect(others).toEqual([])
  const link = `https://tenantry.partner.example/incidents/${encodeURIComponent(`${tenant}:1`)}`
  if (format === 'teams') {
    const { content, contentType } = message.attachments[0]
    expect(contentType).toBe('application/vnd.microsoft.card.adaptive')
    expect(JSON.stringify(content.body)).toContain('High: Ransomware · Contoso')
    expect(content.actions).toMatchObject([{ type: 'Action.OpenUrl', url: link }])
  } else {
    expect(message.blocks[0]).toMatchObject({
      type: 'header',
      text: { type: 'plain_text', text: 'High: Ransomware · Contoso' },
    })
    expect(JSON.stringify(message.blocks)).toContain(link)
  }
  expect(await deliveries(id)).toMatchObject([{ status: 'delivered', revision: 1, answer: '200 ok' }])
})

test('a hostile title mentions nobody, links nowhere and is no markup', async () => {
  const title =
    '<!channel> <@U123> <https://evil.example|Sign in> *bold* `code` [x](https://evil.example) <at>all</at>'
  const tenant = await stage.tenant('Contoso')
  await givenRule({ format: 'slack' })
  await givenRule({ format: 'teams', name: 'Teams' })

  await stage.arrive(tenant, ['1', { title, ...withAlerts }])
  await stage.drive()

  const slack = bodies().find(body => body.blocks)
  const teams = bodies().find(body => body.attachments)
  expect(slack.text).toContain('&lt;!channel&gt; &lt;@U123&gt; &lt;https://evil.example|Sign in&gt;')
  expect(JSON.stringify(slack.blocks)).not.toContain('mrkdwn')
  expect(slack.unfurl_links).toBe(false)
  const kinds = [...JSON.stringify(teams.attachments[0].content.body).matchAll(/"type":"(\w+)"/g)].map(
    ([, kind]) => kind,
  )
  expect(new Set(kinds)).toEqual(new Set(['RichTextBlock', 'TextRun']))
})

test.each([
  ['404 no_service', { status: 404, text: 'no_service' }, 'channel_gone', 'failed'],
  ['403 action_prohibited', { status: 403, text: 'action_prohibited' }, 'channel_refused_sender', 'failed'],
  ['400 invalid_blocks', { status: 400, text: 'invalid_blocks' }, 'channel_refused_message', 'failed'],
  ['503', { status: 503, text: 'down' }, 'channel_unavailable', 'pending'],
] as const)('a receiver that answers %s is told by cause and remedy', async (_what, answer, code, status) => {
  const tenant = await stage.tenant('Contoso')
  const { id } = await givenRule({ format: 'slack' })
  receiver.answer(answer)

  await stage.arrive(tenant, ['1', withAlerts])
  await stage.drive()

  const [delivery] = await deliveries(id)
  expect(delivery).toMatchObject({
    status,
    attempts: 1,
    answer: `${answer.status} ${answer.text}`,
    failure: { code, status: answer.status },
  })
  expect(delivery?.failure?.remedy).not.toBe('')
})

test('a webhook of some tenants is told of these, whatever the rule finds', async () => {
  const [contoso, northwind] = [await stage.tenant('Contoso'), await stage.tenant('Northwind', ['north'])]
  const { id } = await givenRule({ limitedToTags: ['north'] })

  await stage.arrive(contoso, ['1', withAlerts])
  await stage.arrive(northwind, ['1', withAlerts])
  await stage.drive()

  expect(bodies().map(({ incident }) => incident.tenantName)).toEqual(['Northwind'])
  expect((await deliveries(id)).map(({ status }) => status).toSorted()).toEqual(['delivered', 'dropped'])
})

test('in the quiet time what is not high is gathered, and told in one message when it ends', async () => {
  const tenant = await stage.tenant('Contoso')
  const quiet = { from: '22:00', until: '07:00', exceptHigh: true }
  stage.setTime('2027-01-10T20:30:00Z')
  const { id } = await givenRule({}, { severities: [], quiet, timeZone: 'Europe/Berlin' })
  stage.setTime('2027-01-10T23:00:00Z')

  await stage.arrive(tenant, ['1', { severity: 'medium', title: 'One', ...withAlerts }])
  await stage.arrive(
    tenant,
    ['2', { severity: 'low', title: 'Two', ...withAlerts }],
    ['3', { title: 'Three', ...withAlerts }],
  )
  await stage.drive(6 * 3600)
  const night = bodies().map(({ type, incident }) => [type, incident?.title])
  const [waits] = (await deliveries(id)).filter(({ status }) => status === 'pending')
  await stage.drive(2 * 3600)

  expect(night).toEqual([['incident.created', 'Three']])
  expect(waits).toMatchObject({ kind: 'digest', nextAttemptAt: '2027-01-11T06:00:00.000Z', incidentCount: 2 })
  const [, digest, ...others] = bodies()
  expect(others).toEqual([])
  expect(digest).toMatchObject({ type: 'incident.digest', total: 2, summary: '2 new incidents in 1 tenant' })
  expect(digest.incidents.map(({ title }: { title: string }) => title)).toEqual(['One', 'Two'])
})

test('high severity beyond the limit is told soon in the quiet time too, with what gathers there', async () => {
  const tenant = await stage.tenant('Contoso')
  const quiet = { from: '00:00', until: '23:00', exceptHigh: true }
  stage.setTime('2027-01-10T01:00:00Z')
  await givenRule({}, { severities: [], quiet })

  await stage.arrive(tenant, ['1', { severity: 'low', ...withAlerts }])
  await stage.drive()
  const highs = Array.from({ length: 22 }, (_, index) => String(100 + index))
  await stage.arrive(tenant, ...highs.map((id): [string, typeof withAlerts] => [id, withAlerts]))
  await stage.drive(700)

  expect(bodies().filter(({ type }) => type === 'incident.created')).toHaveLength(20)
  expect(bodies().filter(({ type }) => type === 'incident.digest')).toMatchObject([{ total: 3 }])
})

test('a try that falls into the quiet time waits for its end', async () => {
  const tenant = await stage.tenant('Contoso')
  stage.setTime('2027-01-10T21:59:55Z')
  const quiet = { from: '22:00', until: '23:00', exceptHigh: false }
  const { id } = await givenRule({}, { quiet })
  receiver.answer(503, 200)

  await stage.arrive(tenant, ['1', withAlerts])
  await stage.drive(3500)
  const early = receiver.received.length
  await stage.drive(600)

  expect(early).toBe(1)
  expect(receiver.received).toHaveLength(2)
  expect(await deliveries(id)).toMatchObject([{ status: 'delivered' }])
})

test('incidents that arrive while a digest is sent are in the next one', async () => {
  const tenant = await stage.tenant('Contoso')
  const quiet = { from: '00:00', until: '12:00', exceptHigh: false }
  stage.setTime('2027-01-10T00:30:00Z')
  const { id } = await givenRule({}, { quiet })
  await stage.arrive(tenant, ['1', withAlerts], ['2', withAlerts])
  await stage.matcher.work()
  stage.setTime('2027-01-10T12:00:01Z')

  const sending = stage.drive()
  stage.setTime('2027-01-10T00:31:00Z')
  await stage.arrive(tenant, ['3', withAlerts], ['4', withAlerts])
  await sending
  await stage.drive(24 * 3600)

  const told = bodies().flatMap(({ incidents, incident }) =>
    (incidents ?? [incident]).map((one: { incidentId: string }) => one.incidentId),
  )
  expect(told.toSorted()).toEqual(['1', '2', '3', '4'])
  expect((await deliveries(id)).every(({ status }) => status === 'delivered')).toBe(true)
})
