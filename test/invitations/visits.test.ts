import { expect, test } from 'vitest'
import { stage, useStage } from '../consent/use-stage.ts'

useStage()

test('a visit is noted once, a preview not at all', async () => {
  const visitor = await stage.invite(stage.nextCustomer())

  await stage.flow.open(visitor.token, false)
  const preview = await visitor.status()
  await Promise.all([stage.flow.open(visitor.token, true), stage.flow.open(visitor.token, true)])

  expect(preview).toBe('created')
  expect(await visitor.events()).toEqual(['created', 'opened'])
})

test('the customer’s page says who may approve and what each permission lets the partner do', async () => {
  const customer = stage.nextCustomer()
  const visitor = await stage.invite(customer)

  const opened = await stage.flow.open(visitor.token, true)

  expect(opened).toMatchObject({
    kind: 'page',
    page: {
      customerName: customer.name,
      organization: customer.domain,
      changes: null,
      approvers: ['Privileged Role Administrator', 'Global Administrator'],
    },
  })
  const permissions = opened.kind === 'page' ? opened.page.permissions : null
  expect(permissions?.read.map(({ name }) => name)).toEqual([
    'SecurityIncident.Read.All',
    'SecurityAlert.Read.All',
    'ThreatHunting.Read.All',
    'Machine.Read.All',
  ])
  expect(permissions).toMatchObject({ triage: [], respond: [] })
})

test.each(['', 'x', 'x'.repeat(43), '../../etc/passwd', '\u0000'])(
  'the token %j leads nowhere',
  async token => {
    expect(await stage.flow.open(token, true)).toMatchObject({ kind: 'end', end: { kind: 'unknown_link' } })
    expect(await stage.flow.start(token, 'browser')).toMatchObject({
      kind: 'end',
      end: { kind: 'unknown_link' },
    })
  },
)
