import fc from 'fast-check'
import { expect, test } from 'vitest'
import { stage, useStage } from '../consent/use-stage.ts'

useStage()

/** A query like a good answer, with members replaced or taken out. */
function altered(redirect: URL, changes: Record<string, string | null>): URL {
  const url = new URL(redirect)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  return url
}

test('an answer counts once, for the consent and for the proof', async () => {
  const visitor = await stage.invite(stage.nextCustomer())
  const redirect = await visitor.approve()
  const step = await visitor.completeConsent(redirect)
  const back = await visitor.signIn(step.kind === 'redirect' ? step.url : redirect)

  const again = await visitor.completeConsent(redirect)
  const ends = await Promise.all([visitor.completeProof(back), visitor.completeProof(back)])
  const late = await visitor.completeProof(back)

  expect(again).toMatchObject({ kind: 'end', end: { kind: 'used' } })
  expect(ends.map(end => end.kind).sort()).toEqual(['approved', 'used'])
  expect(late.kind).toBe('used')
  expect(await stage.flow.start(visitor.token, visitor.browserId)).toMatchObject({ end: { kind: 'used' } })
})

test('a state that we never gave is forged, whatever stands beside it', async () => {
  const visitor = await stage.invite(stage.nextCustomer())
  const redirect = await visitor.approve()

  for (const changes of [{ state: 'x'.repeat(43) }, { state: null }, { state: '' }]) {
    const step = await visitor.completeConsent(altered(redirect, changes))
    expect(step).toMatchObject({ kind: 'end', end: { kind: 'forged', customerName: null } })
    expect(await visitor.completeProof(altered(redirect, { ...changes, code: 'c' }))).toMatchObject({
      kind: 'forged',
    })
  }
  expect(await visitor.status()).toBe('started')
})

test('the state of the consent is no state of the proof', async () => {
  const visitor = await stage.invite(stage.nextCustomer())
  const redirect = await visitor.approve()
  await visitor.completeConsent(redirect)

  const end = await visitor.completeProof(altered(redirect, { code: 'c' }))

  expect(end.kind).toBe('forged')
})

test('an answer in another browser is not taken and does not use up the state', async () => {
  const visitor = await stage.invite(stage.nextCustomer())
  const redirect = await visitor.approve()

  const elsewhere = await visitor.completeConsent(redirect, 'another browser')
  const without = await visitor.completeConsent(redirect, null)
  const own = await visitor.completeConsent(redirect)
  const back = await visitor.signIn(own.kind === 'redirect' ? own.url : redirect)
  const proofElsewhere = await visitor.completeProof(back, 'another browser')

  expect(elsewhere).toMatchObject({
    kind: 'end',
    end: { kind: 'other_browser', customerName: null, retryUrl: null },
  })
  expect(without).toMatchObject({ kind: 'end', end: { kind: 'other_browser' } })
  expect(own.kind).toBe('redirect')
  expect(proofElsewhere.kind).toBe('other_browser')
  expect(await visitor.completeProof(back)).toMatchObject({ kind: 'approved' })
})

test('an answer that took more than an hour is not taken', async () => {
  const visitor = await stage.invite(stage.nextCustomer())
  const redirect = await visitor.approve()

  stage.advance(61 * 60_000)
  const step = await visitor.completeConsent(redirect)

  expect(step).toMatchObject({ kind: 'end', end: { kind: 'took_too_long' } })
  expect(step.kind === 'end' && step.end.retryUrl).toContain(visitor.token)
})

test.each([
  ['no tenant', { tenant: null }],
  ['a tenant that is no GUID', { tenant: 'contoso.example' }],
  ['a tenant with a path', { tenant: '../../evil' }],
  ['no admin_consent', { admin_consent: null }],
  ['admin_consent False', { admin_consent: 'False' }],
])('an answer with %s fails and uses up its state', async (_what, changes) => {
  const visitor = await stage.invite(stage.nextCustomer())
  const redirect = await visitor.approve()

  const step = await visitor.completeConsent(altered(redirect, changes))

  expect(step).toMatchObject({ kind: 'end', end: { kind: 'failed', code: 'bad_answer' } })
  expect(await visitor.completeConsent(redirect)).toMatchObject({ end: { kind: 'used' } })
  expect(await visitor.status()).toBe('failed')
})

test('a pinned link refuses another tenant', async () => {
  const visitor = await stage.invite(stage.nextCustomer())
  const other = stage.nextCustomer()
  const redirect = await visitor.approve()

  const step = await visitor.completeConsent(altered(redirect, { tenant: other.tenantId }))

  expect(step).toMatchObject({ kind: 'end', end: { kind: 'wrong_tenant' } })
  expect(await visitor.status()).toBe('failed')
})

test('a tenant that the redirect merely names cannot be proven by people of another', async () => {
  const visitor = await stage.invite(stage.nextCustomer(), { pinned: false })
  const victim = stage.nextCustomer()
  const address = await visitor.start()
  const redirect = await visitor.decide(
    'Accept',
    new URL(address.href.replace('/organizations/', `/${visitor.customer.tenantId}/`)),
  )
  const step = await visitor.completeConsent(altered(redirect, { tenant: victim.tenantId }))
  const proof = step.kind === 'redirect' ? step.url : redirect

  // The code that comes back was issued by the visitor's own tenant.
  const own = new URL(proof.href.replace(victim.tenantId, visitor.customer.tenantId))
  const end = await visitor.completeProof(await visitor.signIn(own))

  expect(end.kind).not.toBe('approved')
  expect(await stage.db.tenant.count()).toBe(0)
})

test('a tenant of one customer is never moved to another by a link', async () => {
  const customer = stage.nextCustomer()
  const first = await stage.invite(customer)
  await first.walk()
  await stage.drain()
  const second = await stage.invite(customer, { pinned: false, name: 'Someone Else' })
  const address = await second.start()

  const redirect = await second.decide(
    'Accept',
    new URL(address.href.replace('/organizations/', `/${customer.tenantId}/`)),
  )
  const step = await second.completeConsent(redirect)

  expect(step).toMatchObject({ kind: 'end', end: { kind: 'tenant_taken', retryUrl: null } })
  expect((await stage.tenant(customer.tenantId)).name).toBe(customer.name)
})

test('any query at all ends on a page and connects nothing, with a good state or without', async () => {
  const names = [
    'tenant',
    'admin_consent',
    'error',
    'error_description',
    'error_uri',
    'code',
    'state',
    'tenant[]',
  ]
  const values = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('True', 'declined\u0000', 'access_denied', '\ud800', 'x'.repeat(5000)),
  )
  const pairs = fc.array(fc.tuple(fc.constantFrom(...names), values), { maxLength: 8 })
  const visitor = await stage.invite(stage.nextCustomer())

  await fc.assert(
    fc.asyncProperty(pairs, fc.boolean(), async (query, hasState) => {
      const state = (await visitor.start()).searchParams.get('state') ?? ''
      const redirect = new URL('http://localhost:3000/consent/callback')
      for (const [name, value] of [...(hasState ? [['state', state] as const] : []), ...query]) {
        redirect.searchParams.append(name, value)
      }

      const step = await visitor.completeConsent(redirect)
      const end = await visitor.completeProof(redirect)

      expect(step.kind).toBe('end')
      expect(end.kind).toBe('forged')
    }),
    { numRuns: 60 },
  )
  expect(await stage.db.tenant.count()).toBe(0)
  expect(await stage.audit.verifyChain()).toMatchObject({ intact: true })
})
