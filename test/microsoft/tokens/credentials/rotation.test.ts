import { afterEach, beforeEach, expect, test } from 'vitest'
import type { CredentialRefused, CredentialSettings } from '../../../../src/microsoft/tokens/index.ts'
import {
  aadsts,
  customerTenant,
  type LoopbackEntra,
  partnerTenant,
  startEntra,
  type TokenRequest,
} from '../loopback-entra.ts'
import { givenTokens } from '../setup.ts'

const first: CredentialSettings = { kind: 'secret', secret: 'first-secret', label: 'client secret 1' }
const second: CredentialSettings = { kind: 'secret', secret: 'second-secret', label: 'client secret 2' }

let entra: LoopbackEntra
let clock: { ahead: number }
let refused: CredentialRefused[]

beforeEach(async () => {
  entra = await startEntra()
  clock = { ahead: 0 }
  refused = []
})

afterEach(() => entra.close())

const given = (credentials: CredentialSettings[]) =>
  givenTokens(entra, {
    credentials,
    now: () => new Date(Date.now() + clock.ahead),
    onCredentialRefused: one => refused.push(one),
  })

/** Entra takes only the secrets in the list. */
function accepts(...secrets: string[]) {
  entra.onToken = (request: TokenRequest) =>
    secrets.includes(request.form.get('client_secret') ?? '')
      ? entra.accessToken(request)
      : aadsts(7000215, 'invalid_client', 401)
}

const secretsSent = () => entra.requests.map(({ form }) => form.get('client_secret'))

test('a refused secret gives way to the second, everybody is told once, and it is remembered', async () => {
  const tokens = given([first, second])
  accepts('second-secret')

  await tokens.acquire(customerTenant, 'graph')
  await tokens.acquire(partnerTenant, 'graph')

  expect(secretsSent()).toEqual(['first-secret', 'second-secret', 'second-secret'])
  expect(refused).toMatchObject([
    { credential: 'client secret 1', failure: { code: 'credential_invalid' }, next: 'client secret 2' },
  ])
  expect(await tokens.expiry()).toMatchObject([
    {
      credential: 'client secret 1',
      level: 'critical',
      failure: { message: expect.stringContaining('secret is wrong') },
    },
    { credential: 'client secret 2', level: 'ok', failure: null },
  ])
})

test.each([7000215, 7000222, 700027, 700024, 70021])('AADSTS%d blames the credential', async code => {
  const tokens = given([first, second])
  entra.onToken = request =>
    request.form.get('client_secret') === 'second-secret'
      ? entra.accessToken(request)
      : aadsts(code, 'invalid_client', 401)

  await tokens.acquire(customerTenant, 'graph')

  expect(refused).toHaveLength(1)
})

test('a failure of the tenant does not blame the credential', async () => {
  const tokens = given([first, second])
  entra.onToken = () => aadsts(7000229, 'invalid_client', 401)

  await expect(tokens.acquire(customerTenant, 'graph')).rejects.toMatchObject({
    failure: { code: 'consent_missing' },
  })

  expect(secretsSent()).toEqual(['first-secret'])
  expect(refused).toEqual([])
})

test('when all are refused the first refusal is told', async () => {
  const tokens = given([first, second])
  entra.onToken = request =>
    request.form.get('client_secret') === 'first-secret'
      ? aadsts(7000222, 'invalid_client', 401)
      : aadsts(7000215, 'invalid_client', 401)

  await expect(tokens.acquire(customerTenant, 'graph')).rejects.toMatchObject({
    failure: { code: 'credential_expired' },
  })

  expect(refused.map(({ credential, next }) => [credential, next])).toEqual([
    ['client secret 1', 'client secret 2'],
    ['client secret 2', null],
  ])
  expect((await tokens.expiry()).map(({ level }) => level)).toEqual(['expired', 'critical'])
})

test('a refused credential is tried first again after a quarter of an hour', async () => {
  const tokens = given([first, second])
  accepts('second-secret')
  await tokens.acquire(customerTenant, 'graph')
  accepts('first-secret', 'second-secret')
  clock.ahead += 16 * 60_000

  await tokens.acquire(customerTenant, 'graph', { fresh: true })

  expect(secretsSent().at(-1)).toBe('first-secret')
  expect((await tokens.expiry()).map(({ failure }) => failure)).toEqual([null, null])
})

test('each credential is checked by itself', async () => {
  const tokens = given([first, second])
  accepts('second-secret')

  const checks = await tokens.checkCredentials(partnerTenant, 'graph')

  expect(checks).toMatchObject([
    { credential: 'client secret 1', failure: { code: 'credential_invalid' } },
    { credential: 'client secret 2', failure: null },
  ])
})

test('no credential at all stops the start', () => {
  expect(() => given([])).toThrowError('no credential is configured')
})
