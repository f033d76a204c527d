import { expect, test } from 'vitest'
import { personWith } from '../../simulator/test/world.ts'
import { verificationProgress } from '../../src/verification/progress.ts'
import { admin } from '../tenants/givens.ts'
import { stage, useStage } from './use-stage.ts'
import { Visitor } from './visitor.ts'

useStage()

test('a customer approves, proves it and is connected with the roles that were granted', async () => {
  const customer = stage.nextCustomer()
  const visitor = await stage.invite(customer)
  await stage.flow.open(visitor.token, true)

  const end = await visitor.walk()
  const before = verificationProgress(await stage.tenant(customer.tenantId))
  await stage.drain()
  const tenant = await stage.tenant(customer.tenantId)

  expect(end).toMatchObject({ kind: 'approved', tenantId: customer.tenantId, customerName: customer.name })
  expect(before).toMatchObject({ underWay: true, status: 'verifying', awaiting: 'token' })
  expect(tenant).toMatchObject({
    status: 'connected',
    name: customer.name,
    domain: customer.domain,
    rolesMissing: [],
    lastError: null,
    verificationNextAt: null,
  })
  expect(tenant.rolesGranted).toContain('endpoint:Machine.Isolate')
  expect(tenant.consentedByUsername).toContain('@')
  expect(await visitor.events()).toEqual(['created', 'opened', 'started', 'consented', 'proven', 'verified'])
  const timeline = await stage.tenants.timeline(admin, customer.tenantId)
  expect(timeline.items.map(event => event.type)).toEqual(['connected', 'consented'])
  expect(await stage.audit.verifyChain()).toMatchObject({ intact: true })
})

test('an unpinned link leads to the tenant of whoever signs in, with its domain', async () => {
  const customer = stage.nextCustomer()
  const visitor = await stage.invite(customer, { pinned: false, name: 'Somebody Ltd' })
  const address = await visitor.start()
  const pick = await visitor.browser.open(
    `${address.href}`.replace('/organizations/', `/${customer.tenantId}/`),
  )

  expect(address.pathname).toBe('/organizations/v2.0/adminconsent')
  expect(pick.status).toBe(200)
  const redirect = await visitor.decide(
    'Accept',
    new URL(address.href.replace('/organizations/', `/${customer.tenantId}/`)),
  )
  const step = await visitor.completeConsent(redirect)
  const end =
    step.kind === 'redirect' ? await visitor.completeProof(await visitor.signIn(step.url)) : step.end
  await stage.drain()

  expect(end.kind).toBe('approved')
  expect(await stage.tenant(customer.tenantId)).toMatchObject({ name: 'Somebody Ltd', status: 'connected' })
  expect((await stage.tenant(customer.tenantId)).domain).not.toBeNull()
})

test('nothing secret of a consent is in any row', async () => {
  const customer = stage.nextCustomer()
  const visitor = await stage.invite(customer)
  const address = await visitor.start()
  const redirect = await visitor.decide('Accept', address)
  const step = await visitor.completeConsent(redirect)
  const proof = step.kind === 'redirect' ? step.url : redirect
  const back = await visitor.signIn(proof)
  await visitor.completeProof(back)
  await stage.drain()

  const secrets = [
    visitor.token,
    visitor.browserId,
    address.searchParams.get('state'),
    proof.searchParams.get('state'),
    proof.searchParams.get('nonce'),
    back.searchParams.get('code'),
  ]
  const tables = await stage.db.$queryRaw<{ name: string }[]>`
    SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`
  const rows = await Promise.all(
    tables.map(({ name }) => stage.db.$queryRawUnsafe(`SELECT t::text AS text FROM "${name}" t`)),
  )
  const everything = JSON.stringify(rows)
  expect(everything).toContain(customer.tenantId)
  for (const secret of secrets) {
    expect(secret?.length).toBeGreaterThan(20)
    expect(everything).not.toContain(secret)
  }
})

test.each([
  ['decline-v1', 'declined', 'declined', 'AADSTS65004'],
  ['decline-v2', 'declined', 'declined', 'AADSTS65004'],
  ['decline-access-denied', 'declined', 'declined', 'AADSTS65004'],
  ['ca-error', 'blocked_by_policy', 'failed', 'AADSTS50097'],
  ['650051', 'failed', 'failed', 'AADSTS650051'],
  ['650052', 'license_missing', 'failed', 'AADSTS650052'],
] as const)(
  'the refusal %s ends on its page and leaves the link usable',
  async (outcome, kind, status, code) => {
    const customer = stage.nextCustomer()
    const visitor = await stage.invite(customer)
    stage.simulator.control.setNextConsent(outcome, customer.tenantId)

    const step = await visitor.completeConsent(await visitor.approve())

    expect(step).toMatchObject({ kind: 'end', end: { kind, customerName: customer.name } })
    expect(step.kind === 'end' && step.end.code).toBe(code)
    expect(step.kind === 'end' && step.end.correlationId).toMatch(/^[0-9a-f-]{36}$/)
    expect(step.kind === 'end' && step.end.retryUrl).toContain(visitor.token)
    expect(await visitor.status()).toBe(status)
    expect(await stage.db.tenant.count()).toBe(0)
    expect(await stage.flow.open(visitor.token, true)).toMatchObject({ kind: 'page' })
  },
)

test('who may not approve and returns without granting is told who may', async () => {
  const customer = stage.nextCustomer()
  const visitor = await stage.invite(customer)
  const page = await visitor.browser.open((await visitor.start()).href)
  const refused = await visitor.browser.press(
    page,
    `Sign in as ${customer.people.find(person => person.directoryRoles.length === 0)?.username}`,
  )
  const { location } = await visitor.browser.press(
    refused,
    'Return to the application without granting consent',
  )

  const step = await visitor.completeConsent(location ?? new URL('http://localhost'))

  expect(step).toMatchObject({ kind: 'end', end: { kind: 'not_admin', code: 'AADSTS90094' } })
  expect(step.kind === 'end' && step.end.nextStep).toContain('Global Administrator')
})

test('a link pinned to the tenant is proven by whoever can sign in there', async () => {
  const customer = stage.nextCustomer()
  const visitor = await stage.invite(customer)
  const step = await visitor.completeConsent(await visitor.approve())
  if (step.kind !== 'redirect') throw new Error(`the consent ended: ${step.end.kind}`)

  const back = await visitor.signInAs(personWith(customer, 'Security Administrator'), step.url)

  expect(await visitor.completeProof(back)).toMatchObject({ kind: 'approved' })
  expect((await stage.tenant(customer.tenantId)).consentedByAdmin).toBe(false)
})

test('of two customers that prove one tenant at once, one gets it', async () => {
  const customer = stage.nextCustomer()
  const visitors = await Promise.all([
    stage.invite(customer, { name: 'One Ltd' }),
    stage.invite(customer, { name: 'Two Ltd' }),
  ])
  const proofs = [await visitors[0].prove(), await visitors[1].prove()] as const

  const ends = await Promise.all([visitors[0].completeProof(proofs[0]), visitors[1].completeProof(proofs[1])])

  expect(ends.map(end => end.kind).sort()).toEqual(['approved', 'tenant_taken'])
  expect(await stage.db.tenant.count()).toBe(1)
})

test('a link withdrawn while the admin is at Microsoft connects nothing', async () => {
  const visitor = await stage.invite(stage.nextCustomer())
  const early = await stage.invite(stage.nextCustomer())
  const redirect = await early.approve()
  const back = await visitor.prove()

  await stage.invitations.revoke(admin, visitor.invitation.id)
  await stage.invitations.revoke(admin, early.invitation.id)

  expect(await visitor.completeProof(back)).toMatchObject({ kind: 'revoked' })
  expect(await early.completeConsent(redirect)).toMatchObject({ kind: 'end', end: { kind: 'revoked' } })
  expect(await stage.db.tenant.count()).toBe(0)
})

test('who set out in time may come back a little after the link’s end', async () => {
  const customer = stage.nextCustomer()
  const invitation = await stage.invitations.create(admin, { customerName: customer.name, expiresInHours: 1 })
  const visitor = new Visitor(stage, invitation, customer)
  stage.advance(59 * 60_000)
  const address = await visitor.start()
  const redirect = await visitor.decide(
    'Accept',
    new URL(address.href.replace('/organizations/', `/${customer.tenantId}/`)),
  )
  stage.advance(2 * 60_000)
  expect(await visitor.status()).toBe('expired')

  const step = await visitor.completeConsent(redirect)

  expect(step.kind).toBe('redirect')
  expect(await stage.flow.start(visitor.token, visitor.browserId)).toMatchObject({
    kind: 'end',
    end: { kind: 'expired' },
  })
})

test('a sign-in that is cancelled leaves the approval unproven and the link usable', async () => {
  const visitor = await stage.invite(stage.nextCustomer())
  const step = await visitor.completeConsent(await visitor.approve())
  const state = step.kind === 'redirect' ? step.url.searchParams.get('state') : ''
  const refused = new URL(
    `http://localhost:3000/consent/proof?error=access_denied&error_subcode=cancel&state=${state}`,
  )

  const end = await visitor.completeProof(refused)

  expect(end).toMatchObject({ kind: 'proof_incomplete' })
  expect(end.retryUrl).toContain(visitor.token)
  expect(await stage.db.tenant.count()).toBe(0)
  expect((await visitor.walkAgain()).kind).toBe('approved')
})

test('a renewed consent keeps a working tenant working and shows what was new', async () => {
  const customer = stage.nextCustomer()
  await (await stage.invite(customer)).walk()
  await stage.drain()
  stage.simulator.control.removeRoles(customer.tenantId, ['graph:ThreatHunting.Read.All'])
  await stage.verification.verifyNow(admin, customer.tenantId)
  const { invitation: renewal } = await stage.invitations.reconsent(admin, customer.tenantId)
  const visitor = new Visitor(stage, renewal, customer)

  const opened = await stage.flow.open(visitor.token, true)
  const end = await visitor.walk()
  const during = await stage.tenant(customer.tenantId)
  await stage.drain()

  expect(opened).toMatchObject({
    kind: 'page',
    page: {
      purpose: 'reconsent',
      changes: { added: { read: [{ name: 'ThreatHunting.Read.All' }], triage: [], respond: [] } },
    },
  })
  expect(end.kind).toBe('approved')
  expect(during.status).toBe('degraded')
  expect(await stage.tenant(customer.tenantId)).toMatchObject({ status: 'connected', rolesMissing: [] })
  expect(await visitor.status()).toBe('verified')
})
