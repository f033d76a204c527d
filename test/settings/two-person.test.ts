import { expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'

test('acts that need a second person are read, none without the setting', () => {
  expect(loadConfig({}).twoPerson).toEqual([])
  expect(loadConfig({ TENANTRY_TWO_PERSON: 'tenant.offboard,device.isolate' }).twoPerson).toEqual([
    'tenant.offboard',
    'device.isolate',
  ])
})

test('an act that nobody knows stops the start and names the nearest', () => {
  expect(() => loadConfig({ TENANTRY_TWO_PERSON: 'device.isolat' })).toThrow(
    /TENANTRY_TWO_PERSON: "device\.isolat" is not known\. Remedy: write device\.isolate if that is meant/,
  )
})
