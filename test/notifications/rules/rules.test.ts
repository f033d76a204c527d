import { expect, test } from 'vitest'
import { admin } from '../../tenants/givens.ts'
import { stage, titles, useRuleStage } from './matching-stage.ts'
import { analyst, northAnalyst, ruleDraft } from './stage.ts'

useRuleStage()

test('a rule finds only what its owner may see, and the console shows it only to who sees the tenant', async () => {
  const [contoso, northwind] = [await stage.tenant('Contoso'), await stage.tenant('Northwind', ['north'])]
  await stage.rules.create(northAnalyst, ruleDraft({ targets: [{ kind: 'console', address: 'everyone' }] }))
  await stage.rules.create(analyst, ruleDraft({ targets: [{ kind: 'console', address: 'everyone' }] }))

  await stage.arrive(contoso, ['1'])
  await stage.arrive(northwind, ['1'])
  await stage.drive()

  expect(await titles(northAnalyst)).toEqual(Array(2).fill('High: Incident 1 · Northwind'))
  expect((await titles(admin)).toSorted()).toEqual(
    ['Contoso', 'Northwind', 'Northwind'].map(name => `High: Incident 1 · ${name}`),
  )
  expect(await stage.notifications.countNew(northAnalyst)).toBe(2)
})

test('what the owner may not see any more when a message is sent is dropped', async () => {
  const tenant = await stage.tenant('Northwind', ['north'])
  const { id } = await stage.rules.create(northAnalyst, ruleDraft())
  await stage.arrive(tenant, ['1'])
  await stage.matcher.work()
  await stage.db.tenant.update({ where: { id: tenant }, data: { tags: ['south'] } })

  await stage.drive()

  expect(await titles(northAnalyst)).toEqual([])
  expect((await stage.rules.deliveries(northAnalyst, id)).items).toMatchObject([
    { status: 'dropped', incidents: [], incidentCount: 0 },
  ])
})

test('a rule whose owner is gone tells nothing, and an administrator takes it over', async () => {
  const tenant = await stage.tenant('Contoso')
  const { id } = await stage.rules.create(
    analyst,
    ruleDraft({ targets: [{ kind: 'console', address: 'everyone' }] }),
  )
  await stage.arrive(tenant, ['1'])
  await stage.matcher.work()
  stage.access.set(analyst.id, { actor: null, gone: 'has no role here any more' })

  await stage.drive()
  await stage.arrive(tenant, ['2'])
  await stage.drive()
  const gone = await stage.rules.get(admin, id)
  const [failed] = (await stage.rules.deliveries(admin, id)).items
  stage.forward(1)
  const taken = await stage.rules.takeOver(admin, id)
  await stage.arrive(tenant, ['3'])
  await stage.drive()

  expect(gone.problem).toMatchObject({
    code: 'owner_gone',
    message: expect.stringContaining('has no role here any more'),
  })
  expect(failed).toMatchObject({ status: 'failed', failure: { code: 'owner_gone' } })
  expect(taken).toMatchObject({ problem: null, isOwn: true })
  expect(await titles(admin)).toEqual(['High: Incident 3 · Contoso'])
})

test('nobody makes a rule about a tenant, or for a webhook, that they may not see', async () => {
  const tenant = await stage.tenant('Contoso', ['south'])
  const { id: webhook } = await stage.webhooks.create(admin, {
    name: 'Contoso tickets',
    url: 'https://hooks.partner-tools.com/x',
    format: 'json',
    allowPrivate: false,
    limitedToTags: ['south'],
  })
  const { id } = await stage.rules.create(admin, ruleDraft({ tenants: [tenant] }))

  const about = () => stage.rules.create(northAnalyst, ruleDraft({ tenants: [tenant] }))
  const to = () =>
    stage.rules.create(northAnalyst, ruleDraft({ targets: [{ kind: 'webhook', address: webhook }] }))

  await expect(about()).rejects.toMatchObject({ code: 'not_found' })
  await expect(to()).rejects.toMatchObject({ code: 'not_found' })
  expect(await stage.rules.webhooks(northAnalyst)).toEqual([])
  expect((await stage.rules.list(northAnalyst)).items).toEqual([])
  await expect(stage.rules.get(northAnalyst, id)).rejects.toMatchObject({ code: 'not_found' })
  await expect(stage.rules.get(analyst, id)).rejects.toMatchObject({ code: 'not_found' })
})

test('a tenant that leaves takes with it what rules kept of it, and no rule gets wider', async () => {
  const [tenant, other] = [await stage.tenant('Contoso'), await stage.tenant('Fabrikam')]
  const { id } = await stage.rules.create(analyst, ruleDraft({ tenants: [tenant] }))
  await stage.arrive(tenant, ['1'])
  await stage.drive()
  await stage.arrive(tenant, ['1', { status: 'resolved' }])

  await stage.db.tenant.delete({ where: { id: tenant } })
  await stage.arrive(other, ['2'])
  await stage.drive()
  await stage.ruleDeliveries.purge()

  const { db } = stage
  expect(await titles()).toEqual([])
  expect(await stage.rules.get(analyst, id)).toMatchObject({ tenants: [] })
  const left = [
    db.notificationMatch,
    db.notificationItem,
    db.notificationDelivery,
    db.notificationRuleTenant,
    db.incidentNews,
  ]
  expect(await Promise.all(left.map(table => (table as typeof db.notificationMatch).count()))).toEqual([
    0, 0, 0, 0, 0,
  ])
})

test('a preview counts what the conditions find in the last seven days, over what the actor sees', async () => {
  const [contoso, northwind] = [await stage.tenant('Contoso'), await stage.tenant('Northwind', ['north'])]
  const old = new Date(stage.now().getTime() - 8 * 86_400_000).toISOString()
  await stage.arrive(contoso, ['1'], ['2', { severity: 'low' }], ['3', { createdAt: old }])
  await stage.arrive(northwind, ['1'])

  const conditions = ruleDraft()

  expect(await stage.rules.preview(analyst, conditions)).toEqual({ matches: 2, isExact: true, days: 7 })
  expect(await stage.rules.preview(northAnalyst, conditions)).toMatchObject({ matches: 1 })
  expect(
    await stage.rules.preview(analyst, { ...conditions, words: 'incident', severities: [] }),
  ).toMatchObject({ matches: 3 })
})

test('what is wrong with a rule is said beside its fields', async () => {
  const wrong = ruleDraft({
    name: ' ',
    words: '!!',
    timeZone: 'Mars/Base',
    tenants: [],
    quiet: { from: '25:00', until: '7', exceptHigh: true },
    targets: [{ kind: 'email', address: 'soc@partner.example, boss@partner.example' }],
  })

  const error = await stage.rules.create(analyst, wrong).catch(refused => refused)

  expect(error.code).toBe('invalid')
  expect(Object.keys(error.details.fields).toSorted()).toEqual([
    'emails',
    'name',
    'quietFrom',
    'quietUntil',
    'tenants',
    'timeZone',
    'words',
  ])
  await expect(stage.rules.create(analyst, ruleDraft({ targets: [] }))).rejects.toMatchObject({
    details: { fields: { targets: 'Choose at least one place to tell' } },
  })
})

test('other conditions begin anew, other targets do not', async () => {
  const tenant = await stage.tenant('Contoso')
  const { id, activeSince } = await stage.rules.create(analyst, ruleDraft())
  await stage.arrive(tenant, ['1', { severity: 'low' }])
  stage.forward(60)

  const targets = await stage.rules.change(
    analyst,
    id,
    ruleDraft({ targets: [{ kind: 'console', address: 'everyone' }] }),
  )
  const conditions = await stage.rules.change(analyst, id, ruleDraft({ severities: [] }))
  await stage.arrive(tenant, ['1', { severity: 'low', status: 'inProgress', createdAt: activeSince }])
  await stage.drive()

  expect(targets.activeSince).toBe(activeSince)
  expect(conditions.activeSince).toBe(stage.now().toISOString())
  expect(await titles()).toEqual([])
})
