import { expect, test } from 'vitest'
import { singlesPerHour } from '../../../src/notifications/rules/model.ts'
import { anAlert } from '../../incidents/given-incidents.ts'
import { admin } from '../../tenants/givens.ts'
import { stage, titles, useRuleStage } from './matching-stage.ts'
import { analyst, type RuleStage, ruleDraft } from './stage.ts'

useRuleStage()

test('a new incident that fits is told once in the console, however often it changes', async () => {
  const tenant = await stage.tenant('Contoso')
  await stage.rules.create(analyst, ruleDraft())

  await stage.arrive(tenant, ['1', { title: 'Ransomware' }], ['2', { title: 'Adware', severity: 'low' }])
  await stage.drive()
  await stage.arrive(tenant, ['1', { title: 'Ransomware', tags: ['seen'] }])
  await stage.drive()

  const { items } = await stage.notifications.list(analyst)
  expect(items).toMatchObject([
    {
      kind: 'incident',
      title: 'High: Ransomware · Contoso',
      href: `/incidents/${encodeURIComponent(`${tenant}:1`)}`,
    },
  ])
  expect(await titles(admin)).toEqual([])
})

test('what changed is told by the same line', async () => {
  const tenant = await stage.tenant('Contoso')
  const { id } = await stage.rules.create(analyst, ruleDraft())
  await stage.arrive(tenant, ['1', { title: 'Ransomware' }])
  await stage.drive()

  await stage.arrive(tenant, ['1', { title: 'Ransomware', status: 'resolved' }])
  await stage.drive()

  expect(await titles()).toEqual(['Resolved: Ransomware · Contoso'])
  expect((await stage.rules.deliveries(analyst, id)).items).toMatchObject([
    { status: 'delivered', revision: 2 },
  ])
})

test.each([
  ['severity', { severities: ['medium' as const] }, 'medium'],
  ['tag of the tenant', { severities: [], tenants: { tag: 'north' } }, 'north'],
  ['words of the title', { severities: [], words: 'cred dump' }, 'words'],
  ['product', { severities: [], product: 'microsoftDefenderForOffice365' }, 'product'],
])('a rule can be narrowed by %s', async (_what, changes, expected) => {
  const [contoso, northwind] = [await stage.tenant('Contoso'), await stage.tenant('Northwind', ['north'])]
  await stage.rules.create(analyst, ruleDraft(changes))

  const mail = anAlert('a', { serviceSource: 'microsoftDefenderForOffice365' })
  await stage.arrive(
    contoso,
    ['1', { title: 'medium', severity: 'medium' }],
    ['2', { title: 'Dump of credentials words' }],
  )
  await stage.arrive(contoso, ['3', { title: 'product', alerts: [mail] }])
  await stage.arrive(northwind, ['1', { title: 'north' }])
  await stage.drive()

  const [only, ...others] = await titles()
  expect(only).toContain(expected)
  expect(others).toEqual([])
})

test('a product is known with the alerts: the incident is told when they come', async () => {
  const tenant = await stage.tenant('Contoso')
  await stage.rules.create(analyst, ruleDraft({ product: 'microsoftDefenderForEndpoint' }))
  await stage.arrive(tenant, ['1', { title: 'Ransomware' }])
  await stage.drive()
  const before = await titles()

  await stage.arrive(tenant, ['1', { title: 'Ransomware', alerts: [anAlert('a')] }])
  await stage.drive()

  expect(before).toEqual([])
  expect(await titles()).toEqual(['High: Ransomware · Contoso'])
})

test('what was there before the rule, and what a first run brings, is history', async () => {
  const tenant = await stage.tenant('Contoso')
  const old = new Date(stage.now().getTime() - 3_600_000).toISOString()
  await stage.rules.create(analyst, ruleDraft())
  const fresh = await stage.tenant('Fabrikam')
  stage.forward(3600)
  await stage.db.incidentSync.update({ where: { tenantId: fresh }, data: { startedAt: stage.now() } })
  const beforeFirstRun = new Date(stage.now().getTime() - 60_000).toISOString()

  await stage.arrive(tenant, ['1', { createdAt: old, title: 'Before the rule' }])
  await stage.arrive(fresh, ...many(300, { createdAt: beforeFirstRun, title: 'Before the first run' }))
  const kept = await stage.db.incidentNews.count()
  await stage.arrive(fresh, ['9000', { title: 'After it' }])
  await stage.drive()

  expect(kept).toBe(0)
  expect(await titles()).toEqual(['High: After it · Fabrikam'])
})

test('without a rule that is on, nothing is kept for rules', async () => {
  const tenant = await stage.tenant('Contoso')
  const { id } = await stage.rules.create(analyst, ruleDraft())
  await stage.rules.setEnabled(analyst, id, false)
  await stage.arrive(tenant, ['1'])
  const kept = await stage.db.incidentNews.count()
  stage.forward(1)

  await stage.rules.setEnabled(analyst, id, true)
  await stage.arrive(
    tenant,
    ['1', { tags: ['changed'], createdAt: new Date(stage.now().getTime() - 500).toISOString() }],
    ['2'],
  )
  await stage.drive()

  expect(kept).toBe(0)
  expect(await titles()).toEqual(['High: Incident 2 · Contoso'])
})

test('several processes that look at once tell an incident once, also when one died after it wrote', async () => {
  const tenant = await stage.tenant('Contoso')
  await stage.rules.create(analyst, ruleDraft())
  await stage.arrive(tenant, ['1'], ['2'], ['3'])

  await Promise.all([stage.matcher.work(), stage.anotherMatcher().work(), stage.anotherMatcher().work()])
  // As after a kill -9 between the writing of matches and the removal of what was looked at.
  await stage.db.incidentNews.createMany({
    data: ['1', '2', '3'].map(incidentId => ({ tenantId: tenant, incidentId })),
  })
  await stage.drive()

  expect((await titles()).toSorted()).toEqual(['1', '2', '3'].map(id => `High: Incident ${id} · Contoso`))
  expect(await stage.db.notificationDelivery.count()).toBe(3)
  expect(await stage.db.incidentNews.count()).toBe(0)
})

test('what comes faster than one by one is told as a digest', async () => {
  const tenants = [await stage.tenant('Contoso'), await stage.tenant('Fabrikam')]
  const { id } = await stage.rules.create(analyst, ruleDraft())

  for (const tenant of tenants) await stage.arrive(tenant, ...many(30, {}))
  await stage.drive()
  const single = await titles()
  await stage.drive(700)

  const told = await titles()
  expect(single).toHaveLength(singlesPerHour)
  expect(told).toHaveLength(singlesPerHour + 2)
  const counts = told.flatMap(
    title => /^(\d+) new incidents? of (Contoso|Fabrikam), found by/.exec(title)?.[1] ?? [],
  )
  expect(counts.map(Number).reduce((sum, count) => sum + count, 0)).toBe(60 - singlesPerHour)
  const digests = (await stage.rules.deliveries(analyst, id)).items.filter(({ kind }) => kind === 'digest')
  expect(digests).toMatchObject([{ status: 'delivered', incidentCount: 60 - singlesPerHour }])
})

test('merged and deleted incidents are not told anew, and their lines say what became of them', async () => {
  const tenant = await stage.tenant('Contoso')
  await stage.rules.create(analyst, ruleDraft())
  await stage.arrive(tenant, ['1'], ['2'])
  await stage.drive()

  await stage.arrive(
    tenant,
    ['1', { status: 'redirected', redirectTo: '2' }],
    ['3', { status: 'redirected', redirectTo: '2' }],
  )
  await stage.vanish(tenant, '2')
  await stage.drive()

  expect((await titles()).toSorted()).toEqual([
    'Deleted at Microsoft: Incident 2 · Contoso',
    'Merged into another incident: Incident 1 · Contoso',
  ])
})

test('what was merged before its message was sent is not told', async () => {
  const tenant = await stage.tenant('Contoso')
  const { id } = await stage.rules.create(analyst, ruleDraft())
  await stage.arrive(tenant, ['1'])
  await stage.matcher.work()
  await stage.arrive(tenant, ['1', { status: 'redirected', redirectTo: '2' }])

  await stage.drive()

  expect(await titles()).toEqual([])
  expect((await stage.rules.deliveries(analyst, id)).items).toMatchObject([{ status: 'dropped' }])
})

function many(
  count: number,
  facts: Parameters<RuleStage['arrive']>[1][1],
): Parameters<RuleStage['arrive']>[1][] {
  return Array.from({ length: count }, (_, index) => [String(1000 + index), facts])
}
