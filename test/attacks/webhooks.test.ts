import { describe, expect, test } from 'vitest'
import {
  deliver,
  draft,
  given,
  givenReceiver,
  useWebhooks,
  webhookStage,
} from '../notifications/webhook-stage.ts'
import { admin } from '../tenants/givens.ts'

useWebhooks()

const create = (url: string, allowPrivate: boolean) =>
  webhookStage().webhooks.create(admin, draft(url, { allowPrivate }))

describe('a webhook cannot be pointed', () => {
  test.each([
    'http://hooks.slack.com/x',
    'ftp://hooks.slack.com/x',
    'https://user:secret@hooks.slack.com/x',
    'https://169.254.169.254/latest/meta-data',
    'https://[fe80::1]/x',
    'https://[::ffff:169.254.169.254]/x',
    'https://0xa9.0xfe.0xa9.0xfe/x',
    'https://[::7f00:1]/x',
    'https://[::127.0.0.1]/x',
    'https://[fec0::1]/x',
    'https://168.63.129.16/x',
    'https://[::ffff:a83f:8110]/x',
    'https://100.100.100.200/x',
    'https://[fd00:ec2::254]/x',
    'https://0.0.0.0/x',
    'https://[::]/x',
    'https://[64:ff9b::7f00:1]/x',
    'https://[2002:7f00:1::1]/x',
    'https://[2001:0:7f00:1::1]/x',
    'https://[ff02::1]/x',
    'https://224.0.0.1/x',
    'https://255.255.255.255/x',
    'https://198.51.100.1/x',
    'nonsense',
  ])('at %s, whatever an administrator allows', async url => {
    await expect(create(url, true)).rejects.toMatchObject({
      details: { fields: { url: expect.any(String) } },
    })
  })

  test.each([
    'http://localhost:8080/x',
    'http://127.0.0.1:8080/x',
    'https://localhost/x',
    'https://10.1.2.3/x',
    'https://192.168.0.1/x',
    'https://[fd12::1]/x',
    'https://[::1]/x',
    'https://2130706433/x',
    'https://[::ffff:7f00:1]/x',
    'https://100.64.0.1/x',
    'https://intranet/x',
    'https://tickets.corp.internal/x',
  ])('at %s unless an administrator allows private addresses', async url => {
    await expect(create(url, false)).rejects.toMatchObject({ code: 'invalid' })
    await expect(create(url, true)).resolves.toMatchObject({ allowPrivate: true })
  })

  test('at a name that leads to a private address once the message is sent', async () => {
    const { url, received } = await givenReceiver()
    const stage = webhookStage()
    const { id } = await stage.webhooks.create(admin, draft(url))
    const disguised = `http://localhost:${new URL(url).port}/hook`
    await given.database.db.webhook.update({ where: { id }, data: { url: disguised, allowPrivate: false } })

    await deliver(stage)

    expect(received).toEqual([])
    expect((await stage.webhooks.get(admin, id)).lastDelivery).toMatchObject({
      status: 'failed',
      attempts: 1,
    })
  })
})

test('a receiver cannot send our message on to another address', async () => {
  const target = await givenReceiver()
  const { url } = await givenReceiver({ status: 302, headers: { location: target.url } })
  const stage = webhookStage()
  const { id } = await stage.webhooks.create(admin, draft(url))

  await deliver(stage)

  expect(target.received).toEqual([])
  expect((await stage.webhooks.get(admin, id)).lastDelivery).toMatchObject({
    status: 'failed',
    lastStatus: 302,
  })
})

test.each([
  'https://hooks.slack.com/services/T/B/x',
  'https://93.184.215.14/hook',
  'https://[2606:4700::1111]/hook',
])('a webhook at the public address %s is accepted', async url => {
  await expect(create(url, false)).resolves.toMatchObject({ url: new URL(url).href })
})
