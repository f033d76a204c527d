import { createHash, randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { type Simulator, type SimulatorOptions, startSimulator } from '../src/index.ts'
import { demoRegistration } from '../src/registration.ts'
import type { CustomerProfile } from '../src/world.ts'
import { Browser } from './browser.ts'

export const { clientId, clientSecret, partnerTenantId } = demoRegistration
export const publicUrl = 'http://localhost:3000'

/** A simulator whose changes show at once; it ends with the test. */
export async function givenSimulator(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  const simulator = await startSimulator({ publicUrl, propagationMs: { principal: 0, roles: 0 }, ...options })
  onTestFinished(() => simulator.close())
  return simulator
}

/** A customer with every license and all kinds of people. */
export function givenCustomer({ world }: Simulator): CustomerProfile {
  const found = world.customers().find(({ licenses }) => licenses.length === 6)
  if (!found) throw new Error('no customer has every license')
  return found
}

/** @param role a directory role; null for somebody who has none */
export function personWith(tenant: CustomerProfile, role: string | null = null): string {
  const found = tenant.people.find(({ directoryRoles }) =>
    role === null ? directoryRoles.length === 0 : directoryRoles.some(each => each === role),
  )
  if (!found) throw new Error(`nobody is ${role} in ${tenant.name}`)
  return found.username
}

export type Answer = { status: number; headers: Headers; body: Record<string, unknown>; text: string }

export async function post(url: string, form: Record<string, string>, headers = {}): Promise<Answer> {
  return read(await fetch(url, { method: 'POST', body: new URLSearchParams(form), headers }))
}

export async function get(url: string, headers = {}): Promise<Answer> {
  return read(await fetch(url, { headers }))
}

async function read(response: Response): Promise<Answer> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.includes('json')
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== '' ? JSON.parse(text) : {},
    text,
  }
}

export const resources = {
  graph: 'https://graph.microsoft.com',
  defender: 'https://api.security.microsoft.com',
  endpoint: 'https://api.securitycenter.microsoft.com',
}

/** Asks for an app-only token; members that are given replace the good ones, `undefined` leaves one out. */
export function askToken(
  { origin }: Simulator,
  tenant: string,
  changes: Record<string, string | undefined> = {},
  headers = {},
): Promise<Answer> {
  const form: Record<string, string | undefined> = {
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: `${resources.graph}/.default`,
    ...changes,
  }
  const sent = Object.entries(form).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return post(`${origin}/${tenant}/oauth2/v2.0/token`, Object.fromEntries(sent), headers)
}

export function claimsOf(token: unknown): Record<string, unknown> {
  const [, payload = ''] = String(token).split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
}

export function makePkce() {
  const verifier = randomBytes(32).toString('base64url')
  return { verifier, challenge: createHash('sha256').update(verifier).digest('base64url') }
}

/** The address of a sign-in; members that are given replace the usual ones. */
export function signInAddress(tenant: string, changes: Record<string, string> = {}): string {
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: `${publicUrl}/auth/callback`,
    scope: 'openid profile',
    state: 'state-1',
    nonce: 'nonce-1',
    ...changes,
  })
  return `/${tenant}/oauth2/v2.0/authorize?${query}`
}

export function consentAddress(tenant: string, changes: Record<string, string> = {}, version = 'v2'): string {
  const query = new URLSearchParams({
    client_id: clientId,
    redirect_uri: `${publicUrl}/consent/callback`,
    state: 'state-1',
    ...(version === 'v2' && { scope: `${resources.graph}/.default` }),
    ...changes,
  })
  return version === 'v2' ? `/${tenant}/v2.0/adminconsent?${query}` : `/${tenant}/adminconsent?${query}`
}

/** Signs a person in and returns the code that the application gets. */
export async function givenCode(
  { origin }: Simulator,
  tenant: string,
  username: string,
  changes: Record<string, string> = {},
): Promise<string> {
  const browser = new Browser(origin)
  const page = await browser.open(signInAddress(tenant, changes))
  const { location } = await browser.press(page, `Sign in as ${username}`)
  return location?.searchParams.get('code') ?? ''
}

export function redeem(
  { origin }: Simulator,
  tenant: string,
  code: string,
  changes: Record<string, string> = {},
  headers = {},
): Promise<Answer> {
  const form = {
    grant_type: 'authorization_code',
    client_id: clientId,
    client_secret: clientSecret,
    code,
    redirect_uri: `${publicUrl}/auth/callback`,
    ...changes,
  }
  return post(`${origin}/${tenant}/oauth2/v2.0/token`, form, headers)
}

/** A customer that consented to everything. */
export async function givenConsented() {
  const simulator = await givenSimulator()
  const { tenantId } = givenCustomer(simulator)
  simulator.control.grantConsent(tenantId)
  return { simulator, tenantId }
}

/** A person of the partner who signs in. */
export const analyst = 'analyst@partner.example'
