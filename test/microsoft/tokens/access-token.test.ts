import fc from 'fast-check'
import { SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { RemoteError } from '../../../src/errors.ts'
import { clouds } from '../../../src/microsoft/clouds/clouds.ts'
import { readAccessToken } from '../../../src/microsoft/tokens/access-token.ts'

const now = new Date('2026-11-22T10:00:00Z')
const expected = {
  cloud: clouds.global,
  tenantId: 'b0b0b0b0-0000-4000-8000-000000000002',
  surface: 'graph' as const,
  clientId: 'c1d2e3f4-0000-4000-8000-00000000c11d',
  now,
}
const claims = {
  tid: expected.tenantId,
  aud: 'https://graph.microsoft.com',
  appid: expected.clientId,
  exp: now.getTime() / 1000 + 3600,
}

function jwt(payload: object): Promise<string> {
  return new SignJWT({ ...payload }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.alloc(32))
}

test('roles and expiry are read', async () => {
  const token = await jwt({ ...claims, roles: ['SecurityIncident.Read.All'] })

  expect(readAccessToken(token, expected)).toEqual({
    roles: ['SecurityIncident.Read.All'],
    expiresAt: new Date('2026-11-22T11:00:00Z'),
  })
})

test('a token without roles has none', async () => {
  expect(readAccessToken(await jwt(claims), expected).roles).toEqual([])
})

test.each([
  ['graph', 'https://graph.microsoft.com/'],
  ['graph', '00000003-0000-0000-c000-000000000000'],
  ['defender', 'https://api.security.microsoft.com'],
  ['defender', '8ee8fdad-f234-4243-8f3b-15c294843740'],
  ['endpoint', 'https://api.securitycenter.microsoft.com'],
  ['endpoint', 'https://securitycenter.onmicrosoft.com/windowsatpservice'],
  ['endpoint', 'fc780465-2017-40d4-a0c5-307022471b92'],
] as const)('the %s surface goes by the audience %s', async (surface, aud) => {
  const token = await jwt({ ...claims, aud })

  expect(readAccessToken(token, { ...expected, surface }).roles).toEqual([])
})

test('a v2 token names its client in "azp"', async () => {
  const token = await jwt({ ...claims, appid: undefined, azp: expected.clientId.toUpperCase() })

  expect(readAccessToken(token, expected).roles).toEqual([])
})

test.each([
  ['another tenant', { tid: 'a0a0a0a0-0000-4000-8000-000000000001' }, '"tid"'],
  ['another audience', { aud: 'https://api.security.microsoft.com' }, '"aud"'],
  ['another client', { appid: 'd0d0d0d0-0000-4000-8000-000000000009' }, 'another client'],
  ['no client', { appid: undefined }, 'another client'],
  ['an end in the past', { exp: now.getTime() / 1000 - 301 }, 'expired'],
  ['no tenant', { tid: undefined }, 'not a JWT'],
  ['roles of a wrong shape', { roles: 'all' }, 'not a JWT'],
])('a token with %s is refused by name', async (_, change, words) => {
  const token = await jwt({ ...claims, ...change })

  expect(() => readAccessToken(token, expected)).toThrowError(words)
})

test('whatever text comes as a token is refused without being quoted', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[\w-]{5,20}\.[\w-]{5,20}\.[\w-]{5,20}$/)), text => {
      let thrown: unknown
      try {
        readAccessToken(text, expected)
      } catch (error) {
        thrown = error
      }
      expect(thrown).toBeInstanceOf(RemoteError)
      expect((thrown as RemoteError).failure.code).toBe('bad_token')
      if (text.length > 12) expect(String(thrown)).not.toContain(text)
    }),
  )
})
