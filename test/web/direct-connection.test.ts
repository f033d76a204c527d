import { afterAll, beforeAll, expect, test } from 'vitest'
import { Browser } from '../../simulator/test/browser.ts'
import { personWith } from '../../simulator/test/world.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator, type Customers, customersOf } from '../helpers/customers.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { createVisitor, type Visited } from '../helpers/visitor.ts'

let running: RunningApp
let customers: Customers
let staff: Staff
let asAdmin: Api

beforeAll(async () => {
  running = await startApp({ tenants: 40, remote: { random: () => 0 } })
  customers = customersOf(running)
  staff = await signedIn(running)
  asAdmin = await apiOf(running, 'admin')
})

afterAll(() => running?.close())

/**
 * Somebody approves for a customer, and Entra refuses the sign-in that was to
 * prove it.
 *
 * @param isPinned a link made for the tenant; else whoever opens it decides
 */
async function givenRefusedProof(aadsts: number, isPinned = true) {
  const { simulator, services } = running
  const customer = customers.consented()
  const { id } = await services.invitations.create(administrator, {
    customerName: customer.name,
    tenant: isPinned ? customer.domain : null,
  })
  const { body } = await asAdmin('GET', `/invitations/${id}`)
  const visitor = createVisitor(running.url)
  await visitor.get(body.joinUrl)
  const away = await visitor.post(`${body.joinUrl}/consent`)
  const address = (away.location ?? '').replace('/organizations/', `/${customer.tenantId}/`)
  const who = personWith(customer, 'Global Administrator')
  const microsoft = new Browser(simulator.origin)
  const consent = await microsoft.press(await microsoft.open(address), `Sign in as ${who}`)
  const granted = await microsoft.press(consent, 'Accept')
  const proof = await visitor.get(granted.location?.href ?? '')
  simulator.control.setNextSignIn({ aadsts, tenant: customer.tenantId })
  const refused = await microsoft.press(await microsoft.open(proof.location ?? ''), `Continue as ${who}`)
  const page = await visitor.follow(await visitor.get(refused.location?.href ?? ''))
  return { customer, id, page }
}

const statusOf = async (id: string) => (await asAdmin('GET', `/invitations/${id}`)).body.status

test.each([
  [90099, true],
  [90072, true],
  [90099, false],
] as const)(
  'an approver whom Entra never lets prove (AADSTS%i, pinned %s) is told so, and staff connect the tenant directly',
  async (aadsts, isPinned) => {
    const { customer, id, page } = await givenRefusedProof(aadsts, isPinned)
    const link = await staff.get(`/invitations/${id}`)

    expect(page.url).toBe(`${running.url}/consent/result/outside_account`)
    expect(words(page.text)).toContain('Trying again with it cannot work')
    expect(words(page.text)).toContain('Your security partner can connect the organization directly')
    expect(buttonOf(page)).toBe(`${running.url}/invitations/${id}`)
    expect(page.text).toContain(`https://login.microsoftonline.com/error?code=${aadsts}`)

    expect(words(link.text)).toContain('trying again can never work for this person')
    expect(words(link.text)).toContain(`AADSTS${aadsts}`)
    expect(link.text).toContain(`/invitations/${id}/connection`)
    expect(link.text).toContain(customer.tenantId)

    const done = await staff.send(`/invitations/${id}`, `/invitations/${id}/connection`)

    expect(words(done.text)).toContain(`${customer.name} is connected`)
    expect(await statusOf(id)).toBe('verified')
    expect((await asAdmin('GET', `/tenants/${customer.tenantId}`)).body).toMatchObject({
      name: customer.name,
      status: 'connected',
      lastError: null,
    })
    const { body } = await asAdmin('GET', `/audit?tenant=${customer.tenantId}`)
    expect(body.items).toContainEqual(
      expect.objectContaining({ action: 'invitation.connected_directly', result: 'ok' }),
    )
  },
)

test('the same by the API, and only for administrators', async () => {
  const { customer, id } = await givenRefusedProof(90099)
  const asAnalyst = await apiOf(running, 'analyst')

  const analyst = await signedIn(running, 'analyst@partner.example')
  const page = await analyst.get(`/invitations/${id}`)
  const refused = await asAnalyst('POST', `/invitations/${id}/connection`)
  const connected = await asAdmin('POST', `/invitations/${id}/connection`)

  expect(page.text).not.toContain(`/invitations/${id}/connection`)
  expect(refused.status).toBe(403)
  expect(connected).toMatchObject({ status: 200, body: { status: 'verified', tenantId: customer.tenantId } })
})

test('an approver who can try again is not led to staff', async () => {
  const { id, page } = await givenRefusedProof(53003)

  expect(page.url).toBe(`${running.url}/consent/result/blocked_by_policy`)
  expect(buttonOf(page)).toBeNull()
  expect(await statusOf(id)).toBe('failed')
})

test('a tenant that has not approved is not connected', async () => {
  const { customer, id } = await givenRefusedProof(90099)
  running.simulator.control.deleteEnterpriseApp(customer.tenantId)

  const page = await staff.send(`/invitations/${id}`, `/invitations/${id}/connection`)

  expect(words(page.text)).toContain('Send the customer an invitation')
  expect(await statusOf(id)).toBe('failed')
})

/** Where the button for staff leads; null when there is none. */
function buttonOf(page: Visited): string | null {
  return /href="([^"]+)"[^>]*>Connect directly</.exec(page.text)?.[1] ?? null
}
