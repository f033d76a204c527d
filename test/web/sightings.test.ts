import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeIncidents } from '../../src/incidents/write-store.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { anAlert, anIncident, someEvidence } from '../incidents/given-incidents.ts'
import { givenTenant } from '../tenants/givens.ts'

let running: RunningApp
let analyst: Staff
let asAnalyst: Api
let north: string
let south: string

const hostile = '"><script>alert(1)</script>.example'

beforeAll(async () => {
  running = await startApp({ work: false })
  const { db } = running.database
  north = await givenTenant(db, { name: 'Northwind', tags: ['north'] })
  south = await givenTenant(db, { name: 'Southridge', tags: ['south'] })
  await write(north, '4711')
  await write(south, '4712')
  await running.services.sightings.compare()
  analyst = await signedIn(running, 'analyst@partner.example')
  asAnalyst = await apiOf(running, 'analyst')
})

afterAll(() => running?.close())

async function write(tenantId: string, number: string): Promise<void> {
  const at = new Date(Date.now() - 3_600_000).toISOString()
  const alert = anAlert('da1', {
    firstActivityAt: at,
    lastActivityAt: at,
    evidence: [
      someEvidence('ip', '203.0.113.7'),
      someEvidence('ip', '10.0.0.4'),
      someEvidence('process', 'rundll32', { commandLine: hostile }),
    ],
  })
  const client = new pg.Client({ connectionString: running.database.url })
  await client.connect()
  await client.query('BEGIN')
  await writeIncidents(client, {
    tenantId,
    incidents: [anIncident(number, { alerts: [alert] })],
    askedAt: new Date(),
  })
  await client.query('COMMIT')
  await client.end()
}

test('the page lists what several tenants name, with ways to the incidents and to a hunt', async () => {
  const { text, status } = await analyst.get('/sightings')
  const dashboard = await analyst.get('/')

  expect(status).toBe(200)
  expect(words(text)).toContain('203.0.113.7')
  expect(words(text)).toContain('2 tenants, 2 incidents')
  expect(words(text)).not.toContain('10.0.0.4')
  expect(text).toContain(`href="/incidents/${encodeURIComponent(`${north}:4711`)}"`)
  expect(text).toContain('href="/incidents?entity=ip%3A203.0.113.7&amp;status=all"')
  expect(text).toMatch(/href="\/hunts\?query=DeviceNetworkEvents[^"]*scope=all/)
  expect(text).not.toContain('<script>alert')
  expect(words(dashboard.text)).toContain('Seen in several tenants')
  expect(dashboard.text).not.toContain('<script>alert')
})

test('the API answers by the contract, and who sees one of the tenants only sees no sighting', async () => {
  const { body } = await asAnalyst('GET', '/sightings?kind=ip')
  const limited = await apiOf(running, 'analyst', ['north'])

  expect(body).toEqual({
    items: [
      {
        kind: 'ip',
        value: '203.0.113.7',
        label: '203.0.113.7',
        tenants: expect.arrayContaining([
          { tenantId: north, tenantName: 'Northwind', incidents: [`${north}:4711`] },
          { tenantId: south, tenantName: 'Southridge', incidents: [`${south}:4712`] },
        ]),
        firstSeenAt: expect.any(String),
        lastSeenAt: expect.any(String),
      },
    ],
    nextCursor: null,
  })
  expect((await limited('GET', '/sightings')).body).toEqual({ items: [], nextCursor: null })
  expect((await asAnalyst('GET', '/sightings?since=yesterday')).status).toBe(422)
  expect((await asAnalyst('GET', '/sightings?cursor=x')).body.code).toBe('invalid')
  const future = new Date(Date.now() + 60_000).toISOString()
  expect((await asAnalyst('GET', `/sightings?since=${future}`)).body.items).toEqual([])
})

test('a value is ignored from its row, found on the list and taken off again', async () => {
  await analyst.send('/sightings', '/sightings/ignored', {
    kind: 'ip',
    pattern: '203.0.113.7',
    back: 'sightings',
  })
  expect(words((await analyst.get('/sightings')).text)).not.toContain('203.0.113.7')

  const list = await analyst.get('/sightings/ignored')
  expect(words(list.text)).toContain('203.0.113.7 IP address')
  const { items } = (await asAnalyst('GET', '/sightings/ignored')).body
  const { id } = items.find(({ pattern }: { pattern: string }) => pattern === '203.0.113.7')
  await analyst.send('/sightings/ignored', `/sightings/ignored/${id}/removal`)

  expect(words((await analyst.get('/sightings')).text)).toContain('203.0.113.7')
  const { body: audit } = await (await apiOf(running, 'admin'))('GET', '/audit?limit=10')
  expect(audit.items.map(({ action }: { action: string }) => action)).toEqual(
    expect.arrayContaining(['sighting.ignored', 'sighting.watched']),
  )
})

test('what cannot be ignored is refused beside its field, and nothing typed is lost', async () => {
  const page = await analyst.send('/sightings/ignored', '/sightings/ignored', {
    kind: 'domain',
    pattern: 'no domain',
    note: 'why',
  })

  expect(page.status).toBe(422)
  expect(words(page.text)).toContain('Write a domain such as example.com')
  expect(page.text).toContain('value="no domain"')
  expect(page.text).toContain('value="why"')
  expect((await asAnalyst('POST', '/sightings/ignored', { kind: 'ip', pattern: '1.2.3' })).status).toBe(422)
})

test('the list is not for readers, and not for those who see a part of the tenants', async () => {
  const reader = await apiOf(running, 'reader')
  const limited = await apiOf(running, 'analyst', ['north'])

  expect((await reader('GET', '/sightings/ignored')).status).toBe(403)
  expect((await limited('GET', '/sightings/ignored')).body).toMatchObject({
    code: 'forbidden',
    remedy: expect.any(String),
  })
  expect((await limited('POST', '/sightings/ignored', { kind: 'ip', pattern: '203.0.113.7' })).status).toBe(
    403,
  )
  expect((await asAnalyst('DELETE', '/sightings/ignored/00000000-0000-4000-8000-000000000000')).status).toBe(
    404,
  )
})

test('adding the same value twice leaves one', async () => {
  const value = { kind: 'domain', pattern: '*.Tracker.example', note: 'advertising' }
  const first = await asAnalyst('POST', '/sightings/ignored', value)
  const second = await asAnalyst('POST', '/sightings/ignored', value)

  expect(first.status).toBe(201)
  expect(first.body).toMatchObject({ pattern: 'tracker.example', note: 'advertising' })
  expect(second.body.id).toBe(first.body.id)
  expect((await asAnalyst('DELETE', `/sightings/ignored/${first.body.id}`)).status).toBe(204)
})
