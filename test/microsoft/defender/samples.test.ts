import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { machineAction, readDeviceAction } from '../../../src/microsoft/defender/endpoint/read-action.ts'
import { endpointAlert, readEndpointAlert } from '../../../src/microsoft/defender/endpoint/read-alert.ts'
import {
  logonUser,
  machine,
  readDevice,
  readDeviceUser,
} from '../../../src/microsoft/defender/endpoint/read-device.ts'
import { graphAlert, readGraphAlert } from '../../../src/microsoft/defender/graph/read-alert.ts'
import { graphIncident, readGraphIncident } from '../../../src/microsoft/defender/graph/read-incident.ts'
import { listOf } from '../../../src/microsoft/defender/wire/wire.ts'
import { readXdrIncident, xdrIncident } from '../../../src/microsoft/defender/xdr/read-incident.ts'

const samples = new URL('../../../../shared/samples/', import.meta.url)
const portal = 'https://security.microsoft.com'

function sample(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, samples), 'utf8'))
}

function list<T extends z.ZodType>(name: string, item: T): z.output<T>[] {
  return listOf(item).parse(sample(name)).value
}

describe.skipIf(!existsSync(samples))('answers as Microsoft’s documentation prints them', () => {
  test('Graph’s incidents, though its examples spell like the older API', () => {
    const [incident] = list('graph-incidents-list', graphIncident).map(wire => readGraphIncident(wire, 't'))
    const changed = readGraphIncident(graphIncident.parse(sample('graph-incident-patch.response')), 't')

    for (const one of [incident, changed]) {
      expect(one).toMatchObject({
        id: '2972395',
        status: 'active',
        severity: 'medium',
        classification: 'truePositive',
        determination: 'multiStagedAttack',
        createdAt: '2021-08-13T08:43:35.553Z',
        comments: [{ createdBy: expect.stringContaining('@'), createdAt: '2021-09-30T12:07:37.275Z' }],
        unfamiliar: [],
      })
    }
  })

  test('Graph’s alerts with their evidence', () => {
    const alerts = list('graph-alerts_v2-list', graphAlert).map(wire => readGraphAlert(wire, 't'))

    const [alert] = alerts
    expect(alert?.unfamiliar).toEqual([])
    expect(alert?.categories).toEqual(['DefenseEvasion'])
    expect(alert?.evidence.map(({ kind }) => kind).slice(0, 4)).toEqual([
      'device',
      'file',
      'process',
      'registry',
    ])
    expect(alert?.evidence.every(({ title }) => title !== '' && !title.startsWith('unnamed'))).toBe(true)
    expect(alert?.evidence[1]).toMatchObject({ title: 'MsSense.exe', deviceId: expect.any(String) })
  })

  test('Defender XDR’s incidents with alerts, devices and entities', () => {
    const incidents = list('xdr-incidents-list', xdrIncident).map(wire => readXdrIncident(wire, 't', portal))

    const alerts = incidents.flatMap(one => one.alerts ?? [])
    expect(incidents.flatMap(({ unfamiliar }) => unfamiliar)).toEqual([])
    expect(alerts.flatMap(({ unfamiliar }) => unfamiliar)).toEqual([])
    expect(alerts[0]).toMatchObject({
      serviceSource: 'microsoftDefenderForCloudApps',
      detectionSource: 'cloudAppSecurity',
      determination: 'unknown',
    })
    expect(alerts.flatMap(({ evidence }) => evidence).map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['device', 'user', 'ip', 'file', 'mailbox', 'message']),
    )
  })

  test('Defender for Endpoint’s alerts', () => {
    const wires = [
      endpointAlert.parse(sample('mde-alert')),
      ...list('mde-alerts-list', endpointAlert),
      ...list('mde-alerts-list-expand-evidence', endpointAlert),
    ]

    for (const wire of wires) {
      const alert = readEndpointAlert(wire, 't', portal)
      expect(alert.unfamiliar).toEqual([])
      expect(alert.incidentId).toMatch(/^\d+$/)
      expect(alert.evidence[0]?.kind).toBe('device')
    }
  })

  test('devices and their users', () => {
    const devices = [
      machine.parse(sample('mde-machine')),
      ...list('mde-machines-list', machine),
      ...list('mde-machines-filter-riskScore', machine),
    ].map(wire => readDevice(wire, 't', 'https://security.microsoft.com'))
    const [user] = list('mde-machine-logonusers', logonUser).map(readDeviceUser)

    for (const device of devices) {
      expect(device.id).toMatch(/^[0-9a-f]{40}$/)
      expect(device.lastSeenAt).toMatch(/Z$/)
    }
    expect(user).toMatchObject({ account: 'user1', domain: 'contoso', isDomainAdmin: true })
  })

  test('device actions, with either name for their last update', () => {
    const actions = [
      machineAction.parse(sample('mde-machineaction')),
      machineAction.parse(sample('mde-machineaction-get')),
      ...list('mde-machineactions-list', machineAction),
      ...list('mde-machineactions-list-filter', machineAction),
    ].map(readDeviceAction)

    for (const action of actions) expect(action.updatedAt >= action.createdAt).toBe(true)
    expect(new Set(actions.map(({ status }) => status))).toContain('succeeded')
  })
})
