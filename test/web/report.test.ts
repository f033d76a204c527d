import { parse } from 'csv-parse/sync'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeIncidents } from '../../src/incidents/write-store.ts'
import type { SyncedIncident } from '../../src/microsoft/defender/index.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { anIncident } from '../incidents/given-incidents.ts'
import { givenTenant } from '../tenants/givens.ts'

let running: RunningApp
let reader: Staff
let tenantId: string
let quiet: string

const hostile = '=cmd|"/c calc"!A1 <script>alert(1)</script>'

beforeAll(async () => {
  running = await startApp({ work: false, settings: { TENANTRY_PARTNER_COLOR: '#7a1f5c' } })
  const { db } = running.database
  tenantId = await givenTenant(db, { name: 'Northwind', tags: ['north'] })
  quiet = await givenTenant(db, { name: hostile, tags: [] })
  await write(tenantId, [
    anIncident('1', {
      title: hostile,
      severity: 'high',
      createdAt: '2026-10-05T08:00:00.000Z',
      updatedAt: '2026-10-05T08:00:00.000Z',
    }),
    anIncident('2', {
      severity: 'low',
      status: 'resolved',
      classification: 'falsePositive',
      createdAt: '2026-10-01T00:00:00.000Z',
      updatedAt: '2026-10-09T08:00:00.400Z',
    }),
    anIncident('3', {
      severity: 'high',
      createdAt: '2026-09-30T23:59:59.999Z',
      updatedAt: '2026-09-30T23:59:59.999Z',
    }),
    anIncident('4', {
      severity: 'high',
      createdAt: '2026-11-01T00:00:00.000Z',
      updatedAt: '2026-11-01T00:00:00.000Z',
    }),
    anIncident('5', {
      status: 'redirected',
      redirectTo: '1',
      createdAt: '2026-10-06T08:00:00.000Z',
      updatedAt: '2026-10-06T08:00:00.000Z',
    }),
  ])
  await db.deviceAction.create({
    data: {
      tenantId,
      deviceId: 'd1',
      deviceName: 'till-2.bakery.example',
      type: 'isolate',
      comment: 'case 17',
      status: 'succeeded',
      requestedById: 'a',
      requestedBy: 'analyst@partner.example',
      createdAt: new Date('2026-10-31T23:59:00Z'),
    },
  })
  await db.tenantEvent.create({ data: { tenantId, type: 'consented', at: new Date('2026-10-02T08:00:00Z') } })
  reader = await signedIn(running, 'reader@partner.example')
})

afterAll(() => running?.close())

async function write(id: string, incidents: SyncedIncident[]): Promise<void> {
  const client = new pg.Client({ connectionString: running.database.url })
  await client.connect()
  await client.query('BEGIN')
  await writeIncidents(client, { tenantId: id, incidents, askedAt: new Date() })
  await client.query('COMMIT')
  await client.end()
}

test('a month is told with the one before, its most severe incidents, what was done and what is missing', async () => {
  const { status, text } = await reader.get(`/tenants/${tenantId}/report?month=2026-10`)
  const said = words(text)

  expect(status).toBe(200)
  expect(said).toContain('Northwind, October 2026')
  expect(said).toContain('2 Incidents created, 1 in the month before')
  expect(said).toContain('1 Resolved')
  expect(said).toContain('2 Open at the end')
  expect(said).toContain('Resolved as: False positive 1')
  expect(said).toContain('1 device action')
  expect(said).toContain('till-2.bakery.example Isolation')
  expect(said).toContain('2026-10-02 08:00 UTC: Consent given')
  expect(said).toContain('What is not covered, and why')
  expect(text).not.toContain('<script>alert')
  expect(said).toContain('Northwind Defence Security report')
  expect(text).toContain('href="/assets/partner/color.css')
})

test('the figures come as CSV, with nothing that a spreadsheet runs', async () => {
  const { text, headers } = await csv(`/tenants/${tenantId}/report.csv?month=2026-10`)
  const lines = parse(text, { relax_column_count: false }) as string[][]

  expect(headers.get('content-disposition')).toContain(`report-${tenantId}-2026-10.csv`)
  expect(lines[0]).toEqual(['Section', 'Item', 'Value', 'Month before'])
  expect(lines).toContainEqual(['Incidents created', 'high', '1', '1'])
  expect(lines).toContainEqual(['Incidents created', 'total', '2', '1'])
  expect(lines.find(([, item]) => item === 'resolveMedian')?.[2]).toMatch(/^\d+$/)
  const other = parse((await csv(`/tenants/${quiet}/report.csv?month=2026-10`)).text) as string[][]
  expect(other.find(([, item]) => item === 'Customer')?.[2]).toBe(`'${hostile}`)
})

test('a month without anything says so, and one that makes no sense is the last whole month', async () => {
  const empty = await reader.get(`/tenants/${tenantId}/report?month=2024-02`)
  const odd = await reader.get(`/tenants/${tenantId}/report?month=never`)
  const last = new Date()
  last.setUTCDate(0)

  expect(words(empty.text)).toContain('No incident was created in February 2024 or January 2024')
  expect((await reader.get(`/tenants/${tenantId}/report.csv?month=2026-13`)).status).toBe(422)
  expect(words(odd.text)).toContain(
    last.toLocaleString('en', { month: 'long', year: 'numeric', timeZone: 'UTC' }),
  )
})

test('the report of a tenant that one may not see is not found', async () => {
  const limited = await signedIn(running, 'analyst@partner.example')
  await running.database.db.staffMember.updateMany({
    where: { username: 'analyst@partner.example' },
    data: { seesAll: false, limitedToTags: ['south'] },
  })

  expect((await limited.get(`/tenants/${tenantId}/report`)).status).toBe(404)
  expect((await limited.get(`/tenants/${tenantId}/report.csv?month=2026-10`)).status).toBe(404)
})

async function csv(path: string): Promise<{ text: string; headers: Headers }> {
  const cookie = [...reader.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
  const answer = await fetch(running.url + path, { headers: { cookie } })
  return { text: await answer.text(), headers: answer.headers }
}
