import { expect, test } from 'vitest'
import { loadConfig, SettingsError } from '../../src/config.ts'

const real = {
  TENANTRY_CLIENT_ID: '11111111-1111-4111-8111-111111111111',
  TENANTRY_PARTNER_TENANT_ID: '22222222-2222-4222-8222-222222222222',
  TENANTRY_CLIENT_SECRET: 'secret',
}

function refusalOf(environment: Record<string, string>): string {
  try {
    loadConfig(environment)
    return ''
  } catch (error) {
    if (error instanceof SettingsError) return error.message
    throw error
  }
}

test.each([
  'postgresql://user:never-show-this@db.partner.example/tenantry',
  'postgresql://user:never-show-this@10.0.0.5/tenantry?sslmode=disable',
  'postgresql://user:never-show-this@localhost/tenantry?host=db.partner.example',
  'postgresql://user:never-show-this@db.partner.example/tenantry?ssl=0',
])('a database elsewhere without TLS is refused in one line, wherever it is named: %s', url => {
  for (const name of ['DATABASE_URL', 'TENANTRY_MIGRATION_DATABASE_URL', 'TENANTRY_DATABASE_DIRECT_URL']) {
    const line = refusalOf({ ...real, DATABASE_URL: 'postgresql://localhost/tenantry', [name]: url })

    expect(line).toMatch(/: leads to \S+ without TLS\. Remedy: .+ TENANTRY_DATABASE_TLS=optional .+\.$/)
    expect(line.startsWith(`${name}: `)).toBe(true)
    expect(line).not.toMatch(/never-show-this|\n/)
  }
})

test.each([
  'postgresql://user:password@db.partner.example/tenantry?sslmode=verify-full',
  'postgresql://user:password@db.partner.example/tenantry?schema=own&sslmode=require',
  'postgresql://user:password@db.partner.example/tenantry?sslrootcert=/nowhere/ca.pem',
  'postgresql://user:password@127.0.0.1:6432/tenantry',
  'postgresql://user:password@[::1]/tenantry',
  'postgresql:///tenantry?host=/var/run/postgresql',
  'postgresql://user@%2Fvar%2Frun%2Fpostgresql/tenantry',
])('a database with TLS or on this machine can be used: %s', url => {
  expect(loadConfig({ ...real, DATABASE_URL: url }).databaseUrl).toBe(url)
})

test('a database elsewhere without TLS can be used where it is told so', () => {
  const url = 'postgresql://user:password@db.partner.example/tenantry'

  const config = loadConfig({ ...real, DATABASE_URL: url, TENANTRY_DATABASE_TLS: 'optional' })

  expect(config.databaseUrl).toBe(url)
})
