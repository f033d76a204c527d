import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { badTokens } from '../../simulator/src/control/bad-token.ts'
import { verificationProgress } from '../../src/verification/progress.ts'
import { createStage, type Stage } from '../consent/stage.ts'
import { admin } from '../tenants/givens.ts'

let stage: Stage

beforeAll(async () => {
  stage = await createStage()
})
afterAll(() => stage.close())
beforeEach(() => stage.clean())

async function givenConsented() {
  const customer = stage.nextCustomer()
  const visitor = await stage.invite(customer)
  await visitor.walk()
  const { tenantId } = customer
  const fault = { service: 'login', tenantId, path: '/token', kind: 'bad-token' } as const
  return { tenantId, visitor, fault }
}

const words = {
  audience: '"aud" in the token is not the graph resource',
  tenant: '"tid" in the token is not the requested tenant',
  client: 'the token was issued to another client',
  expired: 'the token had expired when it arrived; compare this machine’s clock',
  'not-a-jwt': 'the access token is not a JWT with "tid", "aud" and "exp"',
}

test.each(badTokens)(
  'a connected tenant for which only bad tokens come (%s) is disconnected at once',
  async wrong => {
    const { tenantId, fault } = await givenConsented()
    await stage.drain()
    const before = await stage.tenant(tenantId)
    stage.simulator.control.addFault({ ...fault, wrong })

    const during = await stage.verification.verifyNow(admin, tenantId)
    stage.simulator.control.clearFaults()
    await stage.verification.checkTenant(tenantId)
    const after = await stage.tenant(tenantId)

    expect(before.status).toBe('connected')
    expect(during).toMatchObject({
      status: 'disconnected',
      rolesGranted: before.rolesGranted,
      rolesMissing: [],
      lastError: {
        code: 'bad_token',
        service: 'entra',
        message: words[wrong],
        remedy: expect.stringContaining('clock'),
        requestId: expect.any(String),
      },
    })
    expect(during.nextCheckAt?.getTime()).toBeLessThan(stage.now().getTime() + 20 * 60_000)
    expect(after).toMatchObject({ status: 'connected', lastError: null })
  },
)

test('a bad token on one surface leaves the others usable, and the tenant degraded', async () => {
  const { tenantId, fault } = await givenConsented()
  await stage.drain()
  // Graph's token is asked for first.
  stage.simulator.control.addFault({ ...fault, wrong: 'audience', times: 1 })

  await stage.verification.checkTenant(tenantId)

  expect(await stage.tenant(tenantId)).toMatchObject({
    status: 'degraded',
    lastError: { code: 'bad_token' },
    rolesMissing: [],
  })
})

test('a new tenant for which only bad tokens come says so from the first try on, and comes right by itself', async () => {
  const { tenantId, visitor, fault } = await givenConsented()
  stage.simulator.control.addFault({ ...fault, wrong: 'tenant' })

  await stage.drain(1)
  const first = await stage.tenant(tenantId)
  stage.simulator.control.clearFaults()
  await stage.drain()

  expect(first).toMatchObject({
    status: 'verifying',
    lastError: { code: 'bad_token', message: words.tenant },
  })
  expect(verificationProgress(first)).toMatchObject({ underWay: true, awaiting: 'token' })
  expect(await stage.tenant(tenantId)).toMatchObject({ status: 'connected', lastError: null })
  expect(await visitor.status()).toBe('verified')
})

test('a connected tenant whose renewed consent brings only bad tokens does not stay connected meanwhile', async () => {
  const { tenantId, visitor, fault } = await givenConsented()
  await stage.drain()
  const again = await stage.invite(visitor.customer)
  await again.walk()
  stage.simulator.control.addFault({ ...fault, wrong: 'not-a-jwt' })

  const seen: string[] = []
  for (let tries = 0; tries < 3; tries += 1) {
    await stage.drain(1)
    seen.push((await stage.tenant(tenantId)).status)
  }
  stage.simulator.control.clearFaults()
  await stage.drain()

  expect(seen).toEqual(['disconnected', 'disconnected', 'disconnected'])
  expect((await stage.tenant(tenantId)).status).toBe('connected')
})
