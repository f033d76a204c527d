import { expect, test } from 'vitest'
import { createSightings, type Sightings } from '../../../src/incidents/sightings/sightings.ts'
import { removeUnshared } from '../../../src/incidents/sightings/store.ts'
import type { Actor } from '../../../src/tenants/actor.ts'
import { anAlert, anIncident, givenStore, type Stage, someEvidence } from '../given-incidents.ts'

const everything: Actor = {
  kind: 'staff',
  id: 'r',
  label: 'reader@partner.example',
  role: 'reader',
  tenants: 'all',
}
const limitedTo = (...tags: string[]): Actor => ({ ...everything, tenants: { tags, ids: [] } })
const since = new Date('2026-10-01T00:00:00.000Z')
const address = '203.0.113.7'

type Given = Stage & { sightings: Sightings; values(actor?: Actor): Promise<string[]> }

async function given(): Promise<Given> {
  const stage = await givenStore()
  const sightings = createSightings(stage)
  return {
    ...stage,
    sightings,
    async values(actor = everything) {
      await sightings.compare()
      return (await sightings.list(actor, { since })).items.map(({ value }) => value)
    },
  }
}

async function idOf({ db }: Stage, name: string): Promise<string> {
  return (await db.tenant.findFirstOrThrow({ where: { name } })).id
}

/** An incident whose evidence names these addresses. */
function naming(id: string, addresses: string[], lastActivityAt = '2026-11-01T06:30:00.000Z') {
  const evidence = addresses.map(one => someEvidence('ip', one))
  const alert = anAlert(`a${id}`, { evidence, firstActivityAt: lastActivityAt, lastActivityAt })
  return anIncident(id, { alerts: [alert] })
}

test('an indicator that two tenants name is a sighting, with its incidents; one within a tenant is none', async () => {
  const stage = await given()
  const [north, south] = [await stage.tenant('Northwind'), await stage.tenant('Southridge')]
  await stage.write(north, [naming('1', [address, '203.0.113.8']), naming('2', ['203.0.113.8'])])
  expect(await stage.values()).toEqual([])

  await stage.write(south, [naming('9', [address], '2026-11-03T06:30:00.000Z')])
  await stage.sightings.compare()

  const { items, nextCursor } = await stage.sightings.list(everything, { since })
  expect(nextCursor).toBeNull()
  expect(items).toEqual([
    {
      kind: 'ip',
      value: address,
      label: address,
      tenants: [
        { tenantId: south, tenantName: 'Southridge', incidents: [`${south}:9`] },
        { tenantId: north, tenantName: 'Northwind', incidents: [`${north}:1`] },
      ],
      firstSeenAt: '2026-11-01T06:30:00.000Z',
      lastSeenAt: '2026-11-03T06:30:00.000Z',
    },
  ])
})

test('tenants that somebody may not see neither appear nor count', async () => {
  const stage = await given()
  const [north, south, east] = [
    await stage.tenant('Northwind', ['a']),
    await stage.tenant('Southridge', ['b']),
    await stage.tenant('Eastfield', ['a']),
  ]
  await stage.write(north, [naming('1', [address, '203.0.113.9'])])
  await stage.write(south, [naming('2', [address, '203.0.113.9'])])
  await stage.write(east, [naming('3', ['203.0.113.9'])])

  expect((await stage.values()).sort()).toEqual([address, '203.0.113.9'])
  expect(await stage.values(limitedTo('b'))).toEqual([])
  const [only] = (await stage.sightings.list(limitedTo('a'), { since })).items
  expect(only?.tenants.map(({ tenantName }) => tenantName).sort()).toEqual(['Eastfield', 'Northwind'])
})

test('the time that is asked for decides, and merged incidents do not count', async () => {
  const stage = await given()
  const [north, south] = [await stage.tenant('Northwind'), await stage.tenant('Southridge')]
  await stage.write(north, [naming('1', [address], '2026-11-01T06:30:00.000Z')])
  await stage.write(south, [naming('2', [address], '2026-11-09T06:30:00.000Z')])
  await stage.sightings.compare()

  const later = new Date('2026-11-05T00:00:00.000Z')
  await stage.write(await stage.tenant('Eastfield'), [naming('3', [address], '2026-11-08T06:30:00.000Z')])
  const [recent] = (await stage.sightings.list(everything, { since: later })).items
  expect(recent?.tenants.map(({ tenantName }) => tenantName)).toEqual(['Southridge', 'Eastfield'])
  expect(recent?.firstSeenAt).toBe('2026-11-01T06:30:00.000Z')
  await stage.markDeleted(await idOf(stage, 'Eastfield'), '3')
  expect((await stage.sightings.list(everything, { since: later })).items).toEqual([])
  expect((await stage.sightings.list(everything, { since, kinds: ['hash'] })).items).toEqual([])
  expect((await stage.sightings.list(everything, { since, kinds: ['ip'] })).items).toHaveLength(1)

  await stage.markDeleted(south, '2')
  expect((await stage.sightings.list(everything, { since })).items).toEqual([])
})

test('common values are left out as they come and after they are added', async () => {
  const stage = await given()
  const [north, south] = [await stage.tenant('Northwind'), await stage.tenant('Southridge')]
  for (const tenant of [north, south]) await stage.write(tenant, [naming('1', ['10.1.2.3', address])])
  expect(await stage.values()).toEqual([address])

  await stage.db.ignoredIndicator.create({ data: { kind: 'ip', pattern: '203.0.113.0/24', addedBy: 'test' } })
  expect(await stage.values()).toEqual([])
})

test('pages follow one another without loss or repetition', async () => {
  const stage = await given()
  const all = Array.from({ length: 130 }, (_, index) => `198.51.100.${index}`)
  for (const name of ['Northwind', 'Southridge']) {
    await stage.write(await stage.tenant(name), [naming('1', all)])
  }
  await stage.sightings.compare()

  const seen: string[] = []
  let cursor: string | null = null
  do {
    const page = await stage.sightings.list(everything, { since, limit: 40, cursor })
    seen.push(...page.items.map(({ value }) => value))
    cursor = page.nextCursor
  } while (cursor)
  expect(seen).toHaveLength(130)
  expect(new Set(seen)).toEqual(new Set(all))
  await expect(stage.sightings.list(everything, { since, cursor: 'x' })).rejects.toMatchObject({
    code: 'invalid',
  })
})

test('two processes that compare at once find what each alone would miss', async () => {
  const stage = await given()
  const [north, south] = [await stage.tenant('Northwind'), await stage.tenant('Southridge')]
  await stage.write(north, [naming('1', [address])])
  await stage.write(south, [naming('2', [address])])

  const other = createSightings(stage)
  await Promise.all([stage.sightings.compare(), other.compare()])

  expect(await stage.values()).toEqual([address])
  expect(await stage.db.sightingDue.count()).toBe(0)
})

test('what only one tenant has left goes: when the other leaves, and by and by', async () => {
  const stage = await given()
  const [north, south] = [await stage.tenant('Northwind'), await stage.tenant('Southridge')]
  await stage.write(north, [naming('1', [address, '203.0.113.9'])])
  await stage.write(south, [naming('2', [address, '203.0.113.9'])])
  expect(await stage.values()).toHaveLength(2)

  await stage.write(south, [{ ...naming('2', [address]), updatedExact: '2026-11-02T08:00:00.0000000Z' }])
  await removeUnshared(stage.db, '00000000-0000-0000-0000-000000000000')
  expect((await stage.db.sighting.findMany()).map(({ value }) => value)).toEqual([address])

  await stage.sightings.forgetTenant(south)
  expect(await stage.db.sighting.count()).toBe(0)
})
