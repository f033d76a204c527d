import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { Browser, type Page } from '../../simulator/test/browser.ts'
import { personWith } from '../../simulator/test/world.ts'
import { readAdminConsent, writeAdminConsentUrl } from '../../src/consent/admin-consent.ts'
import { type Failure, RemoteError } from '../../src/errors.ts'
import {
  type EntraPlace,
  entraErrors,
  entraPlaces,
  findEntraError,
  remedyOf,
} from '../../src/microsoft/failures/entra-errors.ts'
import { createRetryBudget } from '../../src/microsoft/http/retry.ts'
import { readAuthorizeRedirect } from '../../src/microsoft/tokens/authorization-code.ts'
import type { Services } from '../../src/services.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { failureOf, misbehave, requestsTo } from './misbehaviours.ts'

let running: RunningApp
let customers: CustomerProfile[]

// Circuits and the budget of retries have tests of their own: here every call is to be sent.
const remote = { random: () => 0, circuit: { threshold: 1000 }, budget: createRetryBudget(10_000) }

beforeAll(async () => {
  running = await startApp({ tenants: 200, work: false, remote })
  const inThisCloud = running.simulator.world.customers().filter(({ regionSubScope }) => !regionSubScope)
  // Those with every license come first: a consent is refused where an API is missing.
  customers = inThisCloud.toSorted((a, b) => b.licenses.length - a.licenses.length)
})

afterAll(() => running?.close())

const numbers = [...new Set(entraErrors.map(({ number }) => number))]

/** What is told of a number at a place: what the table says there, else the number, its text and Microsoft's page. */
function expected(number: number, place: EntraPlace) {
  const row = findEntraError(number, place)
  if (!row) {
    return {
      number,
      code: 'entra_refused',
      message: expect.stringMatching(`^Entra says: AADSTS${number}: `),
      remedy: expect.stringContaining(`https://login.microsoftonline.com/error?code=${number}`),
      permanent: true,
      whoseMove: place === 'staff_sign_in' ? 'staff' : 'partner',
      serviceCode: `AADSTS${number}`,
    }
  }
  return {
    number,
    code: row.code,
    message: row.found,
    remedy: remedyOf(row, place),
    permanent: row.retry === 'no',
    whoseMove: row.whoseMove,
    serviceCode: `AADSTS${number}`,
  }
}

function shown(number: number, failure: Failure | null | undefined) {
  if (!failure) return { number, failure }
  const { code, message, remedy, permanent, whoseMove, serviceCode } = failure
  return { number, code, message, remedy, permanent, whoseMove, serviceCode }
}

const expectedFor = (some: readonly number[], place: EntraPlace) =>
  some.map(number => expected(number, place))

/**
 * Numbers that the table knows at a place. Of people's sign-ins only these are
 * tried, as each takes several pages; what is told of the others is the same
 * everywhere.
 */
const knownAt = (place: EntraPlace) =>
  numbers.filter(number => findEntraError(number, place) && !isSettledThere(number))

/** Shares numbers out to some customers, who are all at work together. */
async function each<T>(
  some: readonly number[],
  count: number,
  visit: (customer: CustomerProfile, number: number) => Promise<T>,
): Promise<T[]> {
  const lanes = customers.slice(0, count).map(async (customer, lane) => {
    const seen: [number, T][] = []
    for (let index = lane; index < some.length; index += count) {
      seen.push([index, await visit(customer, some[index] ?? 0)])
    }
    return seen
  })
  return (await Promise.all(lanes))
    .flat()
    .sort(([a], [b]) => a - b)
    .map(([, outcome]) => outcome)
}

test('each number has one meaning at a place, and each row says what to do', () => {
  const places = entraErrors.flatMap(({ number, at }) => at.map(place => `${number} ${place}`))

  expect(new Set(places).size).toBe(places.length)
  expect(numbers.length).toBeGreaterThan(350)
  for (const row of entraErrors) {
    for (const place of row.at) expect(remedyOf(row, place)).toMatch(/^[A-Z].*\.$/)
  }
})

test('nobody is asked to sign in, or to open a link, because an app token was refused', () => {
  for (const row of entraErrors.filter(({ at }) => at.includes('app_token'))) {
    expect(remedyOf(row, 'app_token')).not.toMatch(/^sign in|sign in again|open the link/i)
    expect(row.whoseMove).not.toBe('staff')
  }
})

test('a refused app token is told by what its number means there, and asked for once unless it passes', async () => {
  const { services, simulator } = running

  const outcomes = await each(numbers, 180, async ({ tenantId }, number) => {
    const before = requestsTo(simulator, 'login', tenantId, '/token')
    const end = misbehave(simulator, 'login', tenantId, 'aadsts', { aadsts: number })
    const failure = await failureOf(services.tokens.acquire(tenantId, 'graph', { fresh: true }))
    end()
    const requests = requestsTo(simulator, 'login', tenantId, '/token') - before
    return { ...shown(number, failure), requests }
  })

  expect(outcomes).toEqual(
    expectedFor(numbers, 'app_token').map(one => ({
      ...one,
      requests: ['throttled', 'unavailable'].includes(one.code) ? 4 : 1,
    })),
  )
})

test('a tenant look-up is told by what its number means there', async () => {
  const { services, simulator } = running

  const outcomes = await each(numbers, 180, async ({ tenantId }, number) => {
    const end = misbehave(simulator, 'login', tenantId, 'aadsts', { aadsts: number, path: '/.well-known' })
    const found = await services.discovery.resolve(tenantId).catch((error: unknown) => error)
    end()
    const failure = found instanceof Error && found.cause instanceof RemoteError ? found.cause : found
    return shown(number, failure instanceof RemoteError ? failure.failure : null)
  })

  expect(outcomes).toEqual(expectedFor(numbers, 'tenant_lookup'))
})

test('a refused sign-in of staff is told by what its number means there, however Entra brings it', async () => {
  const { services, simulator } = running
  const { signIn, partnerTenantId } = services

  async function visit(refuse: () => () => void): Promise<Failure | null> {
    const { url, pending } = signIn.begin('/')
    const browser = new Browser(simulator.origin)
    const page = await browser.open(url.href)
    const end = refuse()
    const back = await browser.press(page, 'Sign in as analyst@partner.example')
    const failure = await failureOf(signIn.complete(redirectOf(back), pending))
    end()
    return failure
  }

  const byRedirect = []
  for (const aadsts of knownAt('staff_sign_in')) {
    const failure = await visit(() => {
      simulator.control.setNextSignIn({ aadsts, tenant: partnerTenantId })
      return () => {}
    })
    byRedirect.push(shown(aadsts, failure))
  }
  // Where the code is redeemed, our credential can be refused too.
  const withCredential = knownAt('staff_sign_in').filter(number => findEntraError(number, 'app_token'))
  const byToken = []
  for (const aadsts of withCredential) {
    const failure = await visit(() =>
      misbehave(simulator, 'login', partnerTenantId, 'aadsts', { aadsts, path: '/token' }),
    )
    byToken.push(shown(aadsts, failure))
  }

  expect(byRedirect).toEqual(expectedFor(knownAt('staff_sign_in'), 'staff_sign_in'))
  expect(byToken).toEqual(expectedFor(withCredential, 'staff_sign_in'))
})

test('a refused consent is told by what its number means there', async () => {
  const { simulator, services } = running
  const known = knownAt('admin_consent')

  const outcomes = await each(known, 8, async (customer, number) => {
    const url = writeAdminConsentUrl({
      ...consentRequest(services, customer),
      state: 'a-state',
      redirectUri: `${services.publicUrl}/consent/callback`,
    })
    const browser = new Browser(simulator.origin)
    simulator.control.setNextConsent({ aadsts: number }, customer.tenantId)
    const page = await browser.press(await browser.open(url.href), `Sign in as ${adminOf(customer)}`)
    const answer = readAdminConsent(redirectOf(await browser.press(page, 'Accept')))
    return shown(number, answer.kind === 'refused' ? answer.failure : null)
  })

  expect(outcomes).toEqual(expectedFor(known, 'admin_consent'))
})

test('a refused proof is told by what its number means there', async () => {
  const { simulator, services } = running
  const known = knownAt('proof_sign_in')

  const outcomes = await each(known, 8, async (customer, number) => {
    const url = services.entra.authorizeUrl({
      tenant: customer.tenantId,
      redirectUri: `${services.publicUrl}/consent/proof`,
      state: 'a-state',
      nonce: 'a-nonce',
      codeVerifier: 'v'.repeat(43),
    })
    const browser = new Browser(simulator.origin)
    simulator.control.setNextSignIn({ aadsts: number, tenant: customer.tenantId })
    const page = await browser.press(await browser.open(url.href), `Sign in as ${adminOf(customer)}`)
    const answer = readAuthorizeRedirect(redirectOf(page), 'proof_sign_in')
    return shown(number, answer.kind === 'refused' ? answer.failure : null)
  })

  expect(outcomes).toEqual(expectedFor(known, 'proof_sign_in'))
})

test('every place has rows', () => {
  for (const place of entraPlaces) expect(entraErrors.some(({ at }) => at.includes(place))).toBe(true)
})

/** A wrong account is settled on a page of Entra's, as in the simulator: the application never hears of it. */
function isSettledThere(number: number): boolean {
  return [50020, 50126].includes(number)
}

function adminOf(customer: CustomerProfile): string {
  return personWith(customer, 'Global Administrator')
}

function consentRequest({ endpoints, config }: Services, { tenantId }: CustomerProfile) {
  return { endpoints, tenantId, clientId: config.clientId, askedRoles: config.askedRoles }
}

function redirectOf({ location, text }: Page): URLSearchParams {
  if (!location) throw new Error(`Microsoft did not redirect:\n${text}`)
  return location.searchParams
}
