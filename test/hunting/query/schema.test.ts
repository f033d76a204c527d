import { expect, test } from 'vitest'
import { nearestNames } from '../../../src/hunting/query/analysis/problems/nearest-names.ts'
import { huntingTables } from '../../../src/hunting/query/schema.ts'

test('the hunting schema has every documented table once, with typed columns', () => {
  const tables = huntingTables()
  const types = new Set(tables.flatMap(({ columns }) => columns.map(({ type }) => type)))

  expect(tables).toHaveLength(65)
  expect(new Set(tables.map(({ name }) => name)).size).toBe(65)
  expect([...types].sort()).toEqual(['bool', 'datetime', 'dynamic', 'guid', 'int', 'long', 'real', 'string'])
  expect(tables.every(({ description }) => description.length > 0)).toBe(true)
})

test('the nearest names come first and far ones not at all', () => {
  const known = ['DeviceId', 'DeviceName', 'AccountName', 'DeviceIp']

  expect(nearestNames('deviceid', known)).toEqual(['DeviceId'])
  expect(nearestNames('DeviceIt', known)).toEqual(['DeviceId', 'DeviceIp'])
  expect(nearestNames('DeviecName', known)).toEqual(['DeviceName'])
  expect(nearestNames('Sha256', known)).toEqual([])
})
