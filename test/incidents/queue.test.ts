import { expect, test } from 'vitest'
import { readEntity } from '../../src/incidents/entities.ts'
import type { IncidentFilters } from '../../src/incidents/model.ts'
import { createQueue, type Queue } from '../../src/incidents/queue/queue.ts'
import { createStoredAlertReader } from '../../src/microsoft/defender/incidents/stored-alert.ts'
import type { Actor } from '../../src/tenants/actor.ts'
import { anAlert, anIncident, givenStore, type Stage, someEvidence } from './given-incidents.ts'

const reader: Actor = {
  kind: 'staff',
  id: 'r',
  label: 'reader@partner.example',
  role: 'reader',
  tenants: 'all',
}
const limitedTo = (...tags: string[]): Actor => ({ ...reader, tenants: { tags, ids: [] } })

type Given = Stage & {
  queue: Queue
  north: string
  south: string
  ids(filters: IncidentFilters): Promise<string[]>
}

/** Two customers: 4711 with evidence, 4712 assigned, 4713 merged into 4711 in the north; 4711 in the south, too. */
async function givenQueue(): Promise<Given> {
  const stage = await givenStore()
  const [north, south] = [
    await stage.tenant('Northwind', ['north']),
    await stage.tenant('Southridge', ['south']),
  ]
  const alert = anAlert('da1', {
    evidence: [
      someEvidence('device', 'till-2.bakery.example'),
      someEvidence('user', 'till@bakery.example', {
        upn: 'till@bakery.example',
        account: 'till',
        domain: 'BAKERY',
      }),
      someEvidence('url', 'https://bad.example/Payload?x=1'),
    ],
  })
  await stage.write(north, [
    anIncident('4711', {
      title: 'Credential access on one endpoint',
      severity: 'high',
      updatedAt: '2026-11-03T08:00:00.000Z',
      tags: ['vip'],
      alerts: [alert],
    }),
    anIncident('4712', {
      title: 'Übung: Phishing_mail (test)',
      status: 'inProgress',
      assignedTo: 'Analyst@partner.example',
      updatedAt: '2026-11-02T08:00:00.000Z',
      createdAt: '2026-11-02T07:59:00.000Z',
    }),
    anIncident('4713', { status: 'redirected', redirectTo: '4711', updatedAt: '2026-11-04T08:00:00.000Z' }),
  ])
  await stage.write(south, [anIncident('4711', { severity: 'low', updatedAt: '2026-11-05T08:00:00.000Z' })])
  const queue = createQueue({
    db: stage.db,
    defender: { readStoredAlert: createStoredAlertReader('https://security.microsoft.com') },
  })
  const names = new Map([
    [north, 'north'],
    [south, 'south'],
  ])
  const ids = async (filters: IncidentFilters) =>
    (await queue.list(reader, filters)).items.map(one => `${names.get(one.tenantId)} ${one.incidentId}`)
  return { ...stage, queue, north, south, ids }
}

function entity(text: string) {
  const read = readEntity(text)
  if (!read) throw new Error('no entity')
  return read
}

test('the queue holds all tenants, updated last first, and no incident twice', async () => {
  const { queue, north, ids } = await givenQueue()

  expect(await ids({})).toEqual(['south 4711', 'north 4711', 'north 4712'])
  const [, first] = (await queue.list(reader)).items
  expect(first).toMatchObject({
    id: `${north}:4711`,
    tenantName: 'Northwind',
    title: 'Credential access on one endpoint',
    products: ['microsoftDefenderForEndpoint'],
    categories: ['CredentialAccess'],
    techniques: ['T1003.001'],
    alertCount: 1,
    updatedAt: '2026-11-03T08:00:00.000Z',
  })
})

test('each filter leaves what fits it', async () => {
  const { north, ids } = await givenQueue()
  const cases: [IncidentFilters, string[]][] = [
    [{ tenants: [north] }, ['north 4711', 'north 4712']],
    [{ tag: 'south' }, ['south 4711']],
    [{ severities: ['high', 'low'] }, ['south 4711', 'north 4711']],
    [{ statuses: ['inProgress'] }, ['north 4712']],
    [{ statuses: ['redirected'] }, ['north 4713']],
    [{ assignedTo: 'analyst@PARTNER.example' }, ['north 4712']],
    [{ assignedTo: null, tenants: [north] }, ['north 4711']],
    [{ product: 'microsoftDefenderForEndpoint' }, ['north 4711']],
    [{ category: 'CredentialAccess' }, ['north 4711']],
    [{ technique: 'T1003' }, ['north 4711']],
    [{ technique: 'T1003.001' }, ['north 4711']],
    [{ technique: 'T1003.002' }, []],
    [{ incidentTag: 'vip' }, ['north 4711']],
    [{ createdSince: '2026-11-02T00:00:00Z' }, ['north 4712']],
    [{ updatedSince: '2026-11-03T08:00:00Z' }, ['south 4711', 'north 4711']],
    [{ search: 'endpoint cred' }, ['north 4711']],
    [{ search: 'ubung' }, ['north 4712']],
    [{ search: 'mail' }, ['north 4712']],
    [{ search: '4711' }, ['south 4711', 'north 4711']],
    [{ search: "'); DROP" }, []],
    [{ search: '!!' }, []],
    [{ entity: entity('host:TILL-2') }, ['north 4711']],
    [{ entity: entity('BAKERY\\till') }, ['north 4711']],
    [{ entity: entity('account:till-2') }, []],
    [{ entity: entity('domain:bad.example') }, ['north 4711']],
    [{ entity: entity('https://bad.example/Payload?x=1') }, ['north 4711']],
    [{ isDeleted: true }, []],
  ]

  for (const [filters, expected] of cases) expect([filters, await ids(filters)]).toEqual([filters, expected])
})

test('what one may not see is in no list, no count and not found', async () => {
  const { queue, north, south } = await givenQueue()
  const southerner = limitedTo('south')

  expect((await queue.list(southerner)).items.map(({ tenantId }) => tenantId)).toEqual([south])
  expect((await queue.list(southerner, { tenants: [north] })).items).toEqual([])
  expect(await queue.count(southerner)).toMatchObject({ total: 1, tenant: [{ tenantId: south, count: 1 }] })
  await expect(queue.get(southerner, `${north}:4711`)).rejects.toMatchObject({ code: 'not_found' })
})

test('counts stand beside each value, once per incident', async () => {
  const { queue, north, south } = await givenQueue()

  expect(await queue.count(reader)).toEqual({
    isExact: true,
    total: 3,
    severity: { high: 1, medium: 1, low: 1 },
    status: { active: 2, inProgress: 1 },
    assignedTo: [
      { value: 'none', count: 2 },
      { value: 'Analyst@partner.example', count: 1 },
    ],
    tenant: [
      { tenantId: north, tenantName: 'Northwind', count: 2 },
      { tenantId: south, tenantName: 'Southridge', count: 1 },
    ],
    product: [{ value: 'microsoftDefenderForEndpoint', count: 1 }],
    category: [{ value: 'CredentialAccess', count: 1 }],
    technique: [
      { value: 'T1003', count: 1 },
      { value: 'T1003.001', count: 1 },
    ],
  })
  const high = await queue.count(reader, { severities: ['high'] }, { withoutOwn: true })
  expect(high).toMatchObject({ total: 1, severity: { high: 1, medium: 1, low: 1 }, status: { active: 1 } })
})

test('pages of every sort hold each incident once, in order', async () => {
  const { queue, write, tenant } = await givenQueue()
  for (const name of ['A', 'B', 'C']) {
    // Several at the very same time.
    const incidents = [1, 2, 3].map(n => anIncident(`${n}`, { severity: n === 1 ? 'high' : 'medium' }))
    await write(await tenant(name), incidents)
  }

  for (const sort of ['-updatedAt', '-createdAt', '-severity'] as const) {
    const whole = (await queue.list(reader, {}, { sort, limit: 200 })).items.map(({ id }) => id)
    const paged: string[] = []
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<Queue['list']>> = await queue.list(
        reader,
        {},
        { sort, limit: 2, cursor },
      )
      paged.push(...page.items.map(({ id }) => id))
      cursor = page.nextCursor
    } while (cursor)
    expect(paged).toEqual(whole)
    expect(new Set(paged).size).toBe(12)
  }
  await expect(
    queue.list(
      reader,
      {},
      { sort: '-severity', cursor: (await queue.list(reader, {}, { limit: 1 })).nextCursor },
    ),
  ).rejects.toMatchObject({ code: 'invalid' })
})

test('one incident comes with its alerts, entities and what was merged into it', async () => {
  const { queue, north } = await givenQueue()

  const incident = await queue.get(reader, `${north}:4711`)

  expect(incident.alerts).toMatchObject([{ id: 'da1', title: 'Alert da1' }])
  expect(incident.entities.map(({ kind, value }) => `${kind} ${value}`)).toEqual([
    'domain bad.example',
    'host till-2.bakery.example',
    'url https://bad.example/payload?x=1',
    'user till@bakery.example',
  ])
  expect(incident.mergedFrom).toEqual([`${north}:4713`])
  expect((await queue.get(reader, `${north}:4713`)).mergedInto).toBe(`${north}:4711`)
})

test('what Microsoft deleted leaves the queue, and is marked', async () => {
  const { queue, markDeleted, write, north, ids } = await givenQueue()

  expect(await markDeleted(north, '4712')).toMatchObject({ incidentId: '4712', kind: 'updated' })
  expect(await markDeleted(north, '4712')).toBeNull()

  expect(await ids({})).toEqual(['south 4711', 'north 4711'])
  expect(await ids({ isDeleted: true })).toEqual(['north 4712'])
  const incident = await queue.get(reader, `${north}:4712`)
  expect(incident).toMatchObject({ deletedAt: expect.any(String), activity: [{ kind: 'deleted' }] })

  await write(north, [anIncident('4712')])
  expect(await ids({ tenants: [north] })).toEqual(['north 4711', 'north 4712'])
})
