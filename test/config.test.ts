import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { loadConfig, SettingsError } from '../src/config.ts'
import { temporaryFolder } from './helpers/folder.ts'

const real = {
  TENANTRY_CLIENT_ID: '11111111-2222-3333-4444-555555555555',
  TENANTRY_PARTNER_TENANT_ID: '66666666-7777-8888-9999-000000000000',
  TENANTRY_CLIENT_SECRET: 'a-secret-value',
  TENANTRY_PUBLIC_URL: 'https://tenantry.partner.example',
}

function problemsOf(
  environment: Record<string, string>,
): { setting: string; message: string; remedy: string }[] {
  try {
    loadConfig(environment)
    return []
  } catch (error) {
    if (error instanceof SettingsError) return error.problems
    throw error
  }
}

test('without any setting it is the demo on the simulator', () => {
  const config = loadConfig({})

  expect(config).toMatchObject({
    demo: true,
    port: 3000,
    host: '127.0.0.1',
    publicUrl: 'http://localhost:3000',
    databaseUrl: null,
    role: 'all',
    simulatorPort: 3001,
    simulatorTenants: 25,
    requiredRoles: [
      'graph:SecurityIncident.Read.All',
      'graph:SecurityAlert.Read.All',
      'graph:ThreatHunting.Read.All',
      'endpoint:Machine.Read.All',
    ],
  })
  expect(config.substitution.graph).toBe('http://127.0.0.1:3001')
})

test('with a client id it is the global cloud, and nothing is substituted', () => {
  const config = loadConfig(real)

  expect(config).toMatchObject({ demo: false, cloud: 'global' })
  expect(config.substitution).toEqual({ login: null, graph: null, defender: null, endpoint: null })
  expect(config.credentials).toEqual([
    { kind: 'secret', secret: 'a-secret-value', label: 'secret of TENANTRY_CLIENT_SECRET' },
  ])
})

test('several credentials are kept in the order in which they are tried', async () => {
  const file = join(await temporaryFolder(), 'client.pem')
  await writeFile(
    file,
    '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n',
  )

  const { credentials } = loadConfig({
    ...real,
    TENANTRY_CLIENT_SECRET_NEXT: 'another',
    TENANTRY_CLIENT_CERTIFICATE_FILE: file,
    TENANTRY_KEY_VAULT_URL: 'https://partner.vault.azure.net',
    TENANTRY_KEY_VAULT_CERTIFICATE: 'tenantry',
    TENANTRY_MANAGED_IDENTITY_CLIENT_ID: 'system',
  })

  expect(credentials.map(({ kind }) => kind)).toEqual([
    'managed-identity',
    'key-vault-certificate',
    'certificate',
    'secret',
    'secret',
  ])
})

test.each([
  ['TENANTRY_CLIENT_ID', { TENANTRY_CLIENT_ID: 'abc' }],
  ['TENANTRY_PARTNER_TENANT_ID', { TENANTRY_PARTNER_TENANT_ID: '' }],
  ['TENANTRY_CLIENT_SECRET', { TENANTRY_CLIENT_SECRET: '' }],
  ['TENANTRY_CLIENT_CERTIFICATE_FILE', { TENANTRY_CLIENT_CERTIFICATE_FILE: '/nowhere/at/all.pem' }],
  ['TENANTRY_KEY_VAULT_URL', { TENANTRY_KEY_VAULT_SECRET: 'name' }],
  ['TENANTRY_KEY_VAULT_URL', { TENANTRY_KEY_VAULT_URL: 'https://partner.vault.azure.net' }],
  ['TENANTRY_PUBLIC_URL', { TENANTRY_PUBLIC_URL: 'http://tenantry.partner.example' }],
  ['TENANTRY_PUBLIC_URL', { TENANTRY_PUBLIC_URL: 'https://tenantry.partner.example/path' }],
  ['TENANTRY_PUBLIC_URL', { TENANTRY_PUBLIC_URL: 'nonsense' }],
  ['TENANTRY_GRAPH_URL', { TENANTRY_GRAPH_URL: 'http://10.0.0.1' }],
  ['TENANTRY_CLOUD', { TENANTRY_CLOUD: 'mars' }],
  ['TENANTRY_CLOUD', { TENANTRY_CLOUD: 'simulator' }],
  ['TENANTRY_REQUIRED_ROLES', { TENANTRY_REQUIRED_ROLES: 'graph:' }],
  ['TENANTRY_SECRET_KEY', { TENANTRY_SECRET_KEY: 'c2hvcnQ=' }],
  ['DATABASE_URL', { DATABASE_URL: 'mysql://localhost/db' }],
  ['PORT', { PORT: '70000' }],
  ['PORT', { PORT: '3.5' }],
  ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
  ['TENANTRY_HUNTING_SHARE', { TENANTRY_HUNTING_SHARE: '0' }],
])('%s is refused by name, with a remedy', (setting, change) => {
  const problems = problemsOf({ ...real, ...change } as Record<string, string>)

  expect(problems.map(problem => problem.setting)).toContain(setting)
  for (const { remedy } of problems) expect(remedy).not.toBe('')
})

test('whatever is set, the outcome is a configuration or named problems that show no secret', () => {
  const names = [
    ...Object.keys(real),
    'PORT',
    'TENANTRY_CLOUD',
    'TENANTRY_ROLE',
    'TENANTRY_GRAPH_URL',
    'DATABASE_URL',
  ]
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.string()), settings => {
      const problems = problemsOf({
        ...settings,
        TENANTRY_CLIENT_SECRET: 'never-show-this',
        TENANTRY_SECRET_KEY: 'nor-this',
      })

      expect(JSON.stringify(problems)).not.toMatch(/never-show-this|nor-this/)
    }),
  )
})
