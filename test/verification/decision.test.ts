import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Surface } from '../../src/microsoft/clouds/clouds.ts'
import type { FailureName } from '../../src/microsoft/http/index.ts'
import type { RoleKey } from '../../src/microsoft/roles/roles.ts'
import { type Before, decide } from '../../src/verification/decision.ts'
import type { SurfaceObservation } from '../../src/verification/observation.ts'
import { failure } from '../tenants/givens.ts'

const required: RoleKey[] = ['graph:ThreatHunting.Read.All', 'endpoint:Machine.Read.All']
const fresh: Before = { status: 'verifying', rolesGranted: [], wasVerified: false }
const connected: Before = { status: 'connected', rolesGranted: required, wasVerified: true }
const at = new Date('2026-11-22T12:00:00Z')

type Seen = { roles?: RoleKey[]; token?: FailureName; call?: FailureName }

function saw(surface: Surface, seen: Seen): SurfaceObservation {
  return {
    surface,
    roles: seen.token ? null : (seen.roles ?? []),
    tokenFailure: seen.token ? failure(seen.token, { service: 'entra' }) : null,
    callFailure: seen.call ? failure(seen.call, { service: surface, status: 403 }) : null,
  }
}

const hunting: RoleKey[] = ['graph:ThreatHunting.Read.All']
const devices: RoleKey[] = ['endpoint:Machine.Read.All']

type Row = [
  what: string,
  graph: Seen,
  endpoint: Seen,
  before: Before,
  windowOpen: boolean,
  expected: { status: string; settled: boolean; code: string | null },
]

// biome-ignore format: reads as a table
const rows: Row[] = [
  ['all is well', { roles: hunting }, { roles: devices }, fresh, true, { status: 'connected', settled: true, code: null }],
  ['nothing has spread yet', { token: 'consent_missing' }, { token: 'consent_missing' }, fresh, true, { status: 'verifying', settled: false, code: 'consent_missing' }],
  ['tokens without roles, early', { roles: [] }, { roles: [] }, fresh, true, { status: 'verifying', settled: false, code: 'role_missing' }],
  ['tokens without roles, late', { roles: [] }, { roles: [] }, fresh, false, { status: 'disconnected', settled: true, code: 'role_missing' }],
  ['one role missing, early', { roles: hunting }, { roles: [] }, fresh, true, { status: 'degraded', settled: false, code: 'role_missing' }],
  ['one role missing, late', { roles: hunting }, { roles: [] }, fresh, false, { status: 'degraded', settled: true, code: 'role_missing' }],
  ['the API refuses right after the consent', { roles: hunting, call: 'role_missing' }, { roles: devices }, fresh, true, { status: 'degraded', settled: false, code: 'role_missing' }],
  ['every API refuses right after the consent', { roles: hunting, call: 'role_missing' }, { roles: devices, call: 'role_missing' }, fresh, true, { status: 'verifying', settled: false, code: 'role_missing' }],
  ['one surface has no token yet', { roles: hunting }, { token: 'consent_missing' }, fresh, true, { status: 'degraded', settled: false, code: 'consent_missing' }],
  ['only bad tokens, new tenant', { token: 'bad_token' }, { token: 'bad_token' }, fresh, true, { status: 'verifying', settled: false, code: 'bad_token' }],
  ['only bad tokens, new tenant, late', { token: 'bad_token' }, { token: 'bad_token' }, fresh, false, { status: 'disconnected', settled: true, code: 'bad_token' }],
  ['only bad tokens, connected tenant', { token: 'bad_token' }, { token: 'bad_token' }, connected, false, { status: 'disconnected', settled: true, code: 'bad_token' }],
  ['only bad tokens while a consent is renewed', { token: 'bad_token' }, { token: 'bad_token' }, connected, true, { status: 'disconnected', settled: false, code: 'bad_token' }],
  ['a bad token on one surface', { roles: hunting }, { token: 'bad_token' }, connected, false, { status: 'degraded', settled: true, code: 'bad_token' }],
  ['a bad token and an outage', { token: 'unavailable' }, { token: 'bad_token' }, connected, false, { status: 'degraded', settled: true, code: 'bad_token' }],
  ['a license is missing, at once', { roles: hunting }, { roles: devices, call: 'license_missing' }, fresh, true, { status: 'degraded', settled: true, code: 'license_missing' }],
  ['no license anywhere', { roles: hunting, call: 'license_missing' }, { roles: devices, call: 'license_missing' }, fresh, false, { status: 'disconnected', settled: true, code: 'license_missing' }],
  ['the app is disabled, at once', { token: 'app_disabled' }, { token: 'app_disabled' }, fresh, true, { status: 'disconnected', settled: true, code: 'app_disabled' }],
  ['our secret has expired, new tenant', { token: 'credential_expired' }, { token: 'credential_expired' }, fresh, true, { status: 'disconnected', settled: true, code: 'credential_expired' }],
  ['our secret has expired, connected tenant', { token: 'credential_expired' }, { token: 'credential_expired' }, connected, false, { status: 'connected', settled: true, code: 'credential_expired' }],
  ['an outage, connected tenant', { token: 'unavailable' }, { token: 'timeout' }, connected, false, { status: 'connected', settled: true, code: 'unavailable' }],
  ['an outage of one API, connected tenant', { roles: hunting, call: 'unavailable' }, { roles: devices }, connected, false, { status: 'connected', settled: true, code: 'unavailable' }],
  ['our probe was at fault', { roles: hunting, call: 'not_found' }, { roles: devices }, connected, false, { status: 'connected', settled: true, code: 'not_found' }],
  ['the app was deleted', { token: 'consent_missing' }, { token: 'consent_missing' }, connected, false, { status: 'disconnected', settled: true, code: 'app_removed' }],
  ['every permission was taken back', { roles: [] }, { roles: [] }, connected, false, { status: 'disconnected', settled: true, code: 'consent_revoked' }],
  ['a renewed consent has not spread at all yet', { roles: [] }, { roles: [] }, { ...connected, status: 'disconnected', rolesGranted: [] }, true, { status: 'verifying', settled: false, code: 'consent_revoked' }],
  ['Microsoft ended one interface, the other works', { roles: hunting }, { roles: devices, call: 'interface_retired' }, connected, false, { status: 'connected', settled: true, code: null }],
  ['Microsoft ended the only interface', {}, { roles: devices, call: 'interface_retired' }, { ...connected, rolesGranted: devices }, false, { status: 'disconnected', settled: true, code: 'role_missing' }],
  ['the Defender subscription lapsed', { roles: hunting }, { token: 'service_disabled' }, connected, false, { status: 'degraded', settled: true, code: 'service_disabled' }],
  ['a renewed consent spreads in a tenant that works', { roles: hunting }, { roles: [] }, connected, true, { status: 'connected', settled: false, code: 'role_missing' }],
]

test.each(rows)('%s', (_what, graph, endpoint, before, windowOpen, expected) => {
  const decision = decide(required, [saw('graph', graph), saw('endpoint', endpoint)], before, windowOpen, at)

  const { status, settled, failure: found } = decision
  expect({ status, settled, code: found?.code ?? null }).toEqual(expected)
})

test('roles of a surface that could not be asked stay as they were', () => {
  const observations = [saw('graph', { roles: hunting }), saw('endpoint', { token: 'timeout' })]

  const decision = decide(required, observations, connected, false, at)

  expect(decision).toMatchObject({ rolesGranted: [...devices, ...hunting].sort(), rolesMissing: [] })
})

test('a half-filled token takes no role away while a renewed consent spreads, a fuller one brings its roles', () => {
  const wide: Before = { ...connected, rolesGranted: hunting, status: 'degraded' }
  const seenLess = decide(required, [saw('graph', {}), saw('endpoint', { roles: devices })], wide, true, at)
  const seenMore = decide(
    required,
    [saw('graph', { roles: hunting }), saw('endpoint', { roles: devices, call: 'role_missing' })],
    wide,
    true,
    at,
  )

  expect(seenLess).toMatchObject({ settled: false, keepsRoles: true, status: 'degraded' })
  expect(seenMore).toMatchObject({
    settled: false,
    keepsRoles: false,
    rolesGranted: [...devices, ...hunting].sort(),
    rolesMissing: [],
  })
})

test('bad tokens take no role away', () => {
  const observations = [saw('graph', { token: 'bad_token' }), saw('endpoint', { token: 'bad_token' })]

  const decision = decide(required, observations, connected, false, at)

  expect(decision).toMatchObject({ rolesGranted: [...devices, ...hunting].sort(), rolesMissing: [] })
})

test.each<FailureName>(['app_disabled', 'tenant_restricted', 'tenant_not_found', 'wrong_cloud'])(
  '%s shuts us out without taking a permission away',
  token => {
    const observations = [saw('graph', { token }), saw('endpoint', { token })]

    const decision = decide(required, observations, connected, false, at)

    expect(decision).toMatchObject({
      status: 'disconnected',
      rolesGranted: [...devices, ...hunting].sort(),
      rolesMissing: [],
      failure: { code: token },
    })
  },
)

test('a counterpart on another surface counts', () => {
  const granted: RoleKey[] = ['defender:AdvancedHunting.Read.All']
  const observations = [
    saw('graph', { roles: ['graph:SecurityAlert.Read.All'] }),
    saw('endpoint', { roles: devices }),
    saw('defender', { roles: granted }),
  ]

  expect(decide(required, observations, fresh, false, at)).toMatchObject({
    status: 'connected',
    rolesMissing: [],
  })
})

test('whatever is seen, a decision is whole: well without a failure, else with a cause and a remedy', () => {
  const names: FailureName[] = [
    'consent_missing',
    'timeout',
    'license_missing',
    'credential_invalid',
    'throttled',
    'bad_answer',
    'bad_token',
  ]
  const seen = fc.record(
    {
      roles: fc.constantFrom<RoleKey[]>([], hunting, devices, [...hunting, ...devices]),
      token: fc.constantFrom(...names),
      call: fc.constantFrom(...names),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(
      seen,
      seen,
      fc.constantFrom(fresh, connected),
      fc.boolean(),
      (graph, endpoint, before, open) => {
        const decision = decide(required, [saw('graph', graph), saw('endpoint', endpoint)], before, open, at)

        if (decision.status === 'connected' && before.status !== 'connected')
          expect(decision.failure).toBeNull()
        if (decision.failure) expect(decision.failure.remedy).not.toBe('')
        if (!open) expect(decision.settled).toBe(true)
        if (decision.settled) expect(decision.status).not.toBe('verifying')
        if (decision.failure === null) expect(decision.rolesMissing).toEqual([])
      },
    ),
  )
})
