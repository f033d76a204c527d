import { expect, test } from 'vitest'
import { makeCustomers } from '../../src/data/customers.ts'

const guidV4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('customers come out the same for the same seed, and a longer list begins with the shorter one', () => {
  const plain = (count: number, seed?: string) => JSON.parse(JSON.stringify(makeCustomers(count, seed)))

  expect(plain(40)).toEqual(plain(40))
  expect(plain(60).slice(0, 40)).toEqual(plain(40))
  expect(plain(40, 'another')[0].tenantId).not.toBe(plain(40)[0].tenantId)
})

test('every one of thousands of customers has its own tenant, domain and name', () => {
  const customers = makeCustomers(5_000)

  expect(new Set(customers.map(one => one.tenantId)).size).toBe(5_000)
  expect(new Set(customers.map(one => one.domain)).size).toBe(5_000)
  expect(new Set(customers.map(one => one.name)).size).toBe(5_000)
  for (const { tenantId, domain } of customers) {
    expect(tenantId).toMatch(guidV4)
    expect(domain).toMatch(/^[a-z0-9-]+\.example$/)
  }
})

test('people are roles, the same each time they are asked for', () => {
  const [customer] = makeCustomers(1)

  expect(customer?.people.map(person => person.username.split('@')[0])).toEqual([
    'admin',
    'it-lead',
    'app-admin',
    'security',
    'helpdesk',
  ])
  expect(customer?.people).toEqual(customer?.people)
  expect(customer?.people[0]?.directoryRoles).toEqual(['Global Administrator'])
})

test('among the first 25 are those that need care', () => {
  const customers = makeCustomers(25)

  expect(customers[6]?.licenses).not.toContain('endpoint')
  expect(customers[11]?.licenses).toEqual(['endpoint'])
  expect(customers[14]?.licenses).toEqual([])
  expect(customers[17]).toMatchObject({ regionScope: 'NA', regionSubScope: 'GCC' })
  expect(customers[20]).toMatchObject({ regionScope: 'USGov', regionSubScope: 'DODCON' })
  expect(new Set(customers.map(one => one.size))).toEqual(new Set(['small', 'medium', 'large']))
})

test('where there are many, most are small', () => {
  const customers = makeCustomers(2_000)

  expect(customers.filter(one => one.size === 'small').length).toBeGreaterThan(1_600)
})
