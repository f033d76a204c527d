import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { endpointAlert } from '../../../src/microsoft/defender/endpoint/read-alert.ts'
import { machine } from '../../../src/microsoft/defender/endpoint/read-device.ts'
import { graphAlert } from '../../../src/microsoft/defender/graph/read-alert.ts'
import { graphIncident } from '../../../src/microsoft/defender/graph/read-incident.ts'
import { listOf } from '../../../src/microsoft/defender/wire/wire.ts'
import { xdrAlert } from '../../../src/microsoft/defender/xdr/read-alert.ts'
import { xdrIncident } from '../../../src/microsoft/defender/xdr/read-incident.ts'

const at = '2026-11-20T08:00:00Z'

/** What identifies an element and puts it in order; all else may be odd. */
const elements: [string, z.ZodObject, Record<string, unknown>][] = [
  ['an incident of Graph', graphIncident, { id: '1', createdDateTime: at, lastUpdateDateTime: at }],
  ['an alert of Graph', graphAlert, { id: 'da1', createdDateTime: at, lastUpdateDateTime: at }],
  ['an incident of Defender XDR', xdrIncident, { incidentId: 1, createdTime: at, lastUpdateTime: at }],
  ['an alert of Defender XDR', xdrAlert, { alertId: 'da1', creationTime: at, lastUpdatedTime: at }],
  ['a device', machine, { id: 'a'.repeat(40) }],
  ['an alert of Defender for Endpoint', endpointAlert, { id: 'da1', alertCreationTime: at }],
]

const odd = [5, 1.5, true, '', 'n/a', {}, [], [5], null]

describe.each(elements)('%s', (_, schema, needed) => {
  const list = listOf(schema)

  test('is read with what identifies it alone', () => {
    expect(list.safeParse({ value: [needed] }).error?.issues ?? []).toEqual([])
  })

  test('is kept, and the list with it, whatever one of its other members holds', () => {
    const lost = Object.keys(schema.shape)
      .filter(name => !(name in needed))
      .flatMap(name => odd.map(value => ({ [name]: value })))
      .filter(member => !list.safeParse({ value: [{ ...needed, ...member }, needed] }).success)

    expect(lost).toEqual([])
  })
})

test('a number where a text belongs is kept as text', () => {
  const { displayName, assignedTo, customTags } = graphIncident.parse({
    id: 7,
    createdDateTime: at,
    lastUpdateDateTime: at,
    displayName: 2026,
    assignedTo: {},
    customTags: ['a', 5, null, {}],
  })

  expect({ displayName, assignedTo, customTags }).toEqual({
    displayName: '2026',
    assignedTo: null,
    customTags: ['a', '5'],
  })
})
