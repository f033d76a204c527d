import { decodeJwt } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { personWith } from '../../simulator/test/world.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { chooseAccount, createVisitor } from '../helpers/visitor.ts'

let running: RunningApp

beforeAll(async () => {
  running = await startApp({ tenants: 22 })
})

afterAll(() => running?.close())

/** A customer of the US Government community cloud that the simulator has. */
function customerOf(subScope: CustomerProfile['regionSubScope']): CustomerProfile {
  const found = running.simulator.world.customers().find(({ regionSubScope }) => regionSubScope === subScope)
  if (!found) throw new Error(`the simulator has no customer in ${subScope}`)
  return found
}

/** Walks a customer's administrator through an open link, to the page at its end. */
async function approve(joinUrl: string, customer: CustomerProfile): Promise<string | null> {
  const { origin } = running.simulator
  const admin = personWith(customer, 'Global Administrator')
  const visitor = createVisitor(running.url)
  await visitor.get(joinUrl)
  const away = await visitor.post(`${joinUrl}/consent`)
  const address = (away.location ?? '').replace('/organizations/', `/${customer.tenantId}/`)
  const consent = await visitor.follow(
    await chooseAccount(visitor, await visitor.get(address), origin, admin),
  )
  const flow = /name="flow" value="([^"]+)"/.exec(consent.text)?.[1] ?? ''
  const action = /<form method="post" action="([^"]+)"/.exec(consent.text)?.[1] ?? ''
  const granted = await visitor.post(new URL(action, consent.url).href, { flow, decision: 'accept' })
  const proof = await visitor.get(granted.location ?? '')
  const account = await visitor.get(proof.location ?? '')
  const back = account.location ? account : await chooseAccount(visitor, account, origin, admin)
  return (await visitor.get(back.location ?? '')).location
}

test('a worldwide installation serves a GCC tenant, whose Defender hosts are others', async () => {
  const customer = customerOf('GCC')
  const { tenantId } = customer
  const headers = await running.apiKey('admin')
  const made = await running.app.inject({
    method: 'POST',
    url: '/api/v1/invitations',
    headers,
    payload: { customerName: customer.name },
  })

  const end = await approve(made.json().joinUrl, customer)

  expect(end).toBe(`${running.url}/consent/result/approved`)
  const tenant = async () =>
    (await running.app.inject({ url: `/api/v1/tenants/${tenantId}`, headers })).json()
  await expect.poll(async () => (await tenant()).status).toBe('connected')
  expect((await tenant()).roles.granted).toContain('endpoint:Machine.Read.All')
  expect((await running.services.tenants.get(systemActor, tenantId)).cloud).toBe('gcc')

  const devices = await running.app.inject({ url: `/api/v1/tenants/${tenantId}/devices`, headers })
  expect(devices.statusCode).toBe(200)
  expect(devices.json().items.length).toBeGreaterThan(0)
  const token = async (surface: 'graph' | 'endpoint') =>
    decodeJwt((await running.services.tokens.acquire(tenantId, surface)).value).aud
  expect(await token('graph')).toBe('https://graph.microsoft.com')
  expect(await token('endpoint')).toBe('https://api-gcc.securitycenter.microsoft.us')
})

test('a link can be pinned to a GCC tenant, not to one of another login', async () => {
  const { invitations } = running.services
  const make = ({ name, domain }: CustomerProfile) =>
    invitations.create(systemActor, { customerName: name, tenant: domain })

  expect((await make(customerOf('GCC'))).cloud).toBe('gcc')
  await expect(make(customerOf('DODCON'))).rejects.toMatchObject({ code: 'wrong_cloud' })
})
