import { expect, test } from 'vitest'
import { findUnknownSettings } from '../../src/settings/unknown-settings.ts'

test.each([
  ['TENANTRY_CLIENT_SECRETS', 'TENANTRY_CLIENT_SECRET'],
  ['TENANTRY_LOGLEVEL', 'TENANTRY_LOG_LEVEL'],
  ['TENANTRY_TENANT_ID', 'TENANTRY_CLIENT_ID'],
  ['TENANTRY_PORT', 'PORT'],
  ['TENANTRY_DATABASE_URL', 'DATABASE_URL'],
  ['TENANTRY_DATABASE_URL_FILE', 'DATABASE_URL_FILE'],
  ['tenantry_client_id', 'TENANTRY_CLIENT_ID'],
])('%s is refused, and %s is named as what may be meant', (name, nearest) => {
  const problems = findUnknownSettings({ [name]: 'value' })

  expect(problems).toEqual([
    { setting: name, message: 'is not a setting', remedy: `remove it, or write ${nearest} if that is meant` },
  ])
})

test('what Kubernetes adds for a service called tenantry is nobody’s setting', () => {
  const added = {
    TENANTRY_SERVICE_HOST: '10.0.0.11',
    TENANTRY_SERVICE_PORT: '3000',
    TENANTRY_SERVICE_PORT_HTTP: '3000',
    TENANTRY_PORT: 'tcp://10.0.0.11:3000',
    TENANTRY_PORT_3000_TCP: 'tcp://10.0.0.11:3000',
    TENANTRY_PORT_3000_TCP_PROTO: 'tcp',
    TENANTRY_PORT_3000_TCP_PORT: '3000',
    TENANTRY_PORT_3000_TCP_ADDR: '10.0.0.11',
    TENANTRY_WEB_SERVICE_HOST: '10.0.0.12',
    TENANTRY_SIMULATOR_PORT: 'tcp://10.0.0.13:3001',
  }

  expect(findUnknownSettings(added)).toEqual([])
})

test('other programs’ variables are no concern of ours', () => {
  expect(findUnknownSettings({ PATH: '/bin', NODE_OPTIONS: '', TENANTRY_TEST_CHROMIUM: '/x' })).toEqual([])
})
