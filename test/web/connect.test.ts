import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf } from '../helpers/customers.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'

let running: RunningApp
let customers: Customers
let staff: Staff

beforeAll(async () => {
  running = await startApp({ tenants: 40 })
  customers = customersOf(running)
  staff = await signedIn(running)
})

afterAll(() => running?.close())

test('a tenant that consented elsewhere is connected by its domain and shown', async () => {
  const { name, domain, tenantId } = customers.consented()

  const page = await staff.send('/connect', '/connect', { name, tenant: domain, tags: 'gold, north' })

  expect(page.url).toBe(`${running.url}/tenants/${tenantId}`)
  expect(words(page.text)).toContain(`${name} is here: its consent is proven.`)
  const tenant = await running.database.db.tenant.findUniqueOrThrow({ where: { id: tenantId } })
  expect(tenant).toMatchObject({ status: 'connected', tags: ['gold', 'north'] })
})

test('a tenant that did not consent is refused with the remedy, and the form keeps what was typed', async () => {
  const [stranger] = running.simulator.world.customers().toReversed()
  await staff.get('/connect')

  const refused = await staff.post('/connect', { name: 'A "quoted" name', tenant: stranger?.domain ?? '' })
  const empty = await staff.post('/connect', { name: '', tenant: '' })

  expect(refused.status).toBe(422)
  expect(words(refused.text)).toContain('The tenant has not consented')
  expect(words(refused.text)).toContain('What to do: Send the customer an invitation')
  expect(refused.text).toContain('value="A &quot;quoted&quot; name"')
  expect(empty.status).toBe(422)
  expect(words(empty.text)).toContain('Write the customer’s name')
})

test('each line of a list gets its outcome, and the page follows until the last', async () => {
  const [good, other] = [customers.consented(), customers.consented()]
  const list = `name,tenant\n${good.name},${good.domain}\n"open\n${other.name},${other.tenantId}\nNobody,nobody.example`

  const page = await staff.send('/connect', '/connect/lists', { list })
  const address = new URL(page.url).pathname
  await expect.poll(async () => (await staff.partial(address)).text.includes('hx-trigger')).toBe(false)

  const done = words((await staff.get(address)).text)
  expect(done).toContain('All 4 lines are done; 2 need another look.')
  expect(done).toMatch(new RegExp(`2 ${good.name} ${good.domain} Connected`))
  expect(done).toContain('Cannot be read')
  expect(done).toContain('Nobody nobody.example Not connected')
  const trouble = words((await staff.get(`${address}?only=trouble`)).text)
  expect(trouble).not.toContain(good.domain)
})

test('a tenant of a list that lacks permissions is told with what it lacks and what to do', async () => {
  const { name, domain } = customers.consented(['graph:SecurityIncident.Read.All'])

  const page = await staff.send('/connect', '/connect/lists', { list: `${name},${domain}` })
  const line = async () => words((await staff.partial(new URL(page.url).pathname)).text)

  await expect
    .poll(line)
    .toMatch(
      /Degraded The tenant did not grant graph:SecurityAlert\.Read\.All.* Send the customer a new consent link/,
    )
})

test('a list without a line is refused, and lists are for administrators and their own', async () => {
  const page = await staff.send('/connect', '/connect/lists', { list: 'X,nobody.example' })
  const { db } = running.database
  const { id } = await db.connectList.findFirstOrThrow({ orderBy: { createdAt: 'desc' } })
  const analyst = await signedIn(running, 'analyst@partner.example')
  await db.connectList.update({ where: { id }, data: { actorId: 'somebody else' } })

  const empty = await staff.post('/connect/lists', { list: ' \n ' })
  const hidden = await staff.get(new URL(page.url).pathname)
  const forbidden = await analyst.get('/connect')

  expect(empty.status).toBe(422)
  expect(words(empty.text)).toContain('The list is empty.')
  expect(hidden.status).toBe(404)
  expect(forbidden.status).toBe(403)
})
