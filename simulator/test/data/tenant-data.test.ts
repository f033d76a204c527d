import { expect, test } from 'vitest'
import type { Incident } from '../../src/data/alert-model.ts'
import { HuntingDatabases } from '../../src/data/hunting-database.ts'
import { huntingSchema } from '../../src/data/schema.ts'
import { stories } from '../../src/data/stories/index.ts'
import { type TenantData, TenantDataSource } from '../../src/data/tenant-data.ts'
import type { KqlValue } from '../../src/kql/types.ts'
import { makeWorld } from './simulated-api.ts'

function open(index: number, world = makeWorld()) {
  const data = new TenantDataSource(world).of(world.profiles[index]?.tenantId ?? '')
  if (!data) throw new Error('no such tenant')
  return { world, data }
}

function rowsOf(data: TenantData, table: string, since = 0n): KqlValue[][] {
  const rows = new HuntingDatabases().open(data, 'graph', since).table(table)?.rows ?? []
  return [...(typeof rows === 'function' ? rows() : rows)]
}

function column(table: string, name: string): number {
  const index = huntingSchema.get(table)?.columns.findIndex(one => one.name === name) ?? -1
  if (index < 0) throw new Error(`${table} has no column ${name}`)
  return index
}

test('a tenant comes out the same each time it is made', () => {
  const first = open(0).data
  const second = open(0).data

  expect(first.incidents()).toEqual(second.incidents())
  expect(rowsOf(first, 'DeviceNetworkEvents')).toEqual(rowsOf(second, 'DeviceNetworkEvents'))
})

test('incidents go back 30 days, newest first, and keep coming as the clock moves', () => {
  const world = makeWorld()
  const { data } = open(0, world)
  const before = data.incidents()
  const lengthMs = 3 * 86_400_000

  world.advance(lengthMs)
  const after = open(0, world).data.incidents()

  expect(before.length).toBeGreaterThan(50)
  expect(before.map(one => one.created)).toEqual(
    before.map(one => one.created).toSorted((a, b) => Number(b - a)),
  )
  expect(after.length).toBeGreaterThan(before.length)
  expect(after.map(one => one.id)).toEqual(expect.arrayContaining(before.map(one => one.id)))
  expect(new Set(after.map(one => one.id)).size).toBe(after.length)
})

test('nothing that a tenant shows lies in the future', () => {
  const { data } = open(2)

  const times = data
    .incidents()
    .flatMap(one => [one.created, one.lastUpdate, ...one.alerts.map(alert => alert.lastUpdate)])

  expect(times.every(time => time <= data.now)).toBe(true)
  for (const table of ['DeviceProcessEvents', 'EmailEvents', 'DeviceInfo']) {
    const at = column(table, 'Timestamp')
    expect(rowsOf(data, table).every(row => Number(row[at]) <= Number(data.now))).toBe(true)
  }
})

test('merged incidents point to one that is there, and no alert is lost or doubled', () => {
  const { data } = open(2)
  const incidents = data.incidents()
  const byId = new Map(incidents.map(one => [one.id, one]))
  const redirected = incidents.filter(one => one.status === 'redirected')

  const follow = (incident: Incident): Incident => {
    const target = incident.redirectTo === null ? undefined : byId.get(incident.redirectTo)
    return target ? follow(target) : incident
  }

  expect(redirected.length).toBeGreaterThan(3)
  for (const incident of redirected) {
    expect(incident.alerts).toEqual([])
    expect(follow(incident).status).not.toBe('redirected')
  }
  const alertIds = data.alerts().map(alert => alert.id)
  expect(new Set(alertIds).size).toBe(alertIds.length)
})

test('evidence of an alert is found in the hunting tables', () => {
  const { data } = open(0)
  const alert = data.alerts().find(one => one.title.includes('encoded PowerShell'))
  const process = alert?.evidence.find(one => one.kind === 'process')?.process
  const commandLine = column('DeviceProcessEvents', 'ProcessCommandLine')

  const rows = rowsOf(data, 'DeviceProcessEvents').filter(row => row[commandLine] === process?.commandLine)

  expect(rows).toHaveLength(1)
  expect(rows[0]?.[column('DeviceProcessEvents', 'DeviceId')]).toBe(process?.device.id)
  const evidenceIds = new Set(
    rowsOf(data, 'AlertEvidence').map(row => row[column('AlertEvidence', 'AlertId')]),
  )
  expect(evidenceIds).toContain(alert?.id)
})

test('every kind of story happens in a medium tenant with every license', () => {
  const { data } = open(0)

  const names = new Set(data.stories().map(story => story.name))

  expect(names.size).toBeGreaterThanOrEqual(stories.length)
  const techniques = new Set(data.alerts().flatMap(alert => alert.techniques))
  for (const technique of [
    'T1059.001',
    'T1003.001',
    'T1110.003',
    'T1566.002',
    'T1218.011',
    'T1543.003',
    'T1021.002',
  ]) {
    expect(techniques).toContain(technique)
  }
})

test('rows have a value of the right kind in every column', () => {
  const { data } = open(0)
  const kinds: Record<string, (value: KqlValue) => boolean> = {
    string: value => typeof value === 'string',
    long: value => value === null || typeof value === 'number' || typeof value === 'bigint',
    int: value => value === null || Number.isInteger(value),
    real: value => value === null || typeof value === 'number',
    bool: value => value === null || typeof value === 'boolean',
    datetime: value => value === null || typeof value === 'bigint',
    guid: value => value === null || typeof value === 'string',
    dynamic: () => true,
  }

  for (const { name, columns } of huntingSchema.values()) {
    for (const row of rowsOf(data, name)) {
      const wrong = columns.filter((one, index) => !kinds[one.type]?.(row[index] ?? null))
      if (row.length !== columns.length || wrong.length > 0) {
        expect.fail(`${name}: ${wrong.map(one => one.name).join()} in ${row.length} columns`)
      }
    }
  }
})

test('some report ids are beyond 2^53, and hostile names are somewhere', () => {
  const { data } = open(0)

  const reportIds = rowsOf(data, 'DeviceProcessEvents').map(
    row => row[column('DeviceProcessEvents', 'ReportId')],
  )
  const titles = data.incidents().map(one => one.name)

  expect(reportIds.some(id => typeof id === 'bigint' && id > 2n ** 53n)).toBe(true)
  expect(titles.some(title => title.includes('<script>'))).toBe(true)
})

test('the mail tables tell of the same messages', () => {
  const { data } = open(0)
  const ids = new Set(rowsOf(data, 'EmailEvents').map(row => row[column('EmailEvents', 'NetworkMessageId')]))

  const links = rowsOf(data, 'EmailUrlInfo').map(row => row[column('EmailUrlInfo', 'NetworkMessageId')])

  expect(links.length).toBeGreaterThan(100)
  expect(links.every(id => ids.has(id))).toBe(true)
})

test('tables about devices and accounts tell of those that the tenant has', () => {
  const { data } = open(0)
  const devices = new Set(data.inventory.devices.map(device => device.id))
  const accounts = new Set(data.inventory.accounts.map(account => account.upn))
  const idsIn = (table: string, name: string) => rowsOf(data, table).map(row => row[column(table, name)])

  const seen = {
    extensions: idsIn('DeviceTvmBrowserExtensions', 'DeviceId'),
    gathered: idsIn('DeviceTvmInfoGathering', 'DeviceId'),
    directory: idsIn('IdentityAccountInfo', 'AccountUpn'),
  }

  expect(Object.values(seen).every(ids => ids.length > 10)).toBe(true)
  expect([...seen.extensions, ...seen.gathered].every(id => devices.has(String(id)))).toBe(true)
  expect(seen.directory.every(upn => accounts.has(String(upn)))).toBe(true)
})

test('what the agent reports of its antivirus agrees in both tables that say it', () => {
  const { data } = open(0)
  const context = column('DeviceTvmSecureConfigurationAssessment', 'Context')
  const check = column('DeviceTvmSecureConfigurationAssessment', 'ConfigurationId')
  const assessed = new Map(
    rowsOf(data, 'DeviceTvmSecureConfigurationAssessment')
      .filter(row => row[check] === 'scid-2011' && row[context] !== null)
      .map(row => [
        row[column('DeviceTvmSecureConfigurationAssessment', 'DeviceId')],
        (row[context] as string[][])[0]?.[0],
      ]),
  )

  const fields = column('DeviceTvmInfoGathering', 'AdditionalFields')
  const gathered = new Map(
    rowsOf(data, 'DeviceTvmInfoGathering').map(row => [
      row[column('DeviceTvmInfoGathering', 'DeviceId')],
      (row[fields] as { AvSignatureVersion: string }).AvSignatureVersion,
    ]),
  )

  expect(assessed.size).toBeGreaterThan(10)
  for (const [id, version] of assessed) if (gathered.has(id)) expect(gathered.get(id)).toBe(version)
})

test('behaviors are what Cloud Apps saw, with the account that each is about', () => {
  const { data } = open(0)
  const alerts = data.alerts().filter(alert => alert.serviceSource === 'microsoftDefenderForCloudApps')
  const read = (table: string, name: string) => rowsOf(data, table).map(row => row[column(table, name)])

  const ids = new Set(read('BehaviorInfo', 'BehaviorId'))

  expect(ids.size).toBe(alerts.length)
  expect(read('BehaviorInfo', 'AccountUpn').every(upn => String(upn).includes('@'))).toBe(true)
  expect(read('BehaviorEntities', 'BehaviorId').every(id => ids.has(id ?? null))).toBe(true)
  expect(read('BehaviorEntities', 'RemoteIP').some(ip => ip !== '')).toBe(true)
})

test('licenses decide which tables there are', () => {
  const names = (index: number) => {
    const { data } = open(index)
    return new HuntingDatabases().open(data, 'graph', 0n).tableNames()
  }

  expect(names(0)).toHaveLength(huntingSchema.size)
  expect(names(6)).not.toContain('DeviceProcessEvents')
  expect(names(6)).toContain('EmailEvents')
  expect(names(11)).toContain('DeviceProcessEvents')
  expect(names(11)).not.toContain('EmailEvents')
  expect(rowsOf(open(11).data, 'DeviceProcessEvents')).toEqual([])
  expect(rowsOf(open(11).data, 'AlertInfo').length).toBeGreaterThan(5)
  expect(names(14)).toEqual([])
})

test('a later start leaves out what came before it', () => {
  const { data } = open(0)
  const since = data.now - 36_000_000_000n

  const rows = rowsOf(data, 'DeviceNetworkEvents', since)

  expect(rows.every(row => typeof row[0] === 'bigint' && row[0] >= since)).toBe(true)
  expect(rows.length).toBeLessThan(rowsOf(data, 'DeviceNetworkEvents').length / 10)
})
