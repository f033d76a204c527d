import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { emptyDatabase, givenTenant } from '../tenants/givens.ts'

let running: RunningApp
let staff: Staff

beforeAll(async () => {
  running = await startApp({ work: false })
  staff = await signedIn(running)
})

beforeEach(() => emptyDatabase(running.database.db))

afterAll(() => running?.close())

const onDefender = ['defender:Incident.Read.All', 'defender:AdvancedHunting.Read.All']

test('it is counted who depends on what ends, and only who truly does', async () => {
  const { db } = running.database
  await givenTenant(db, { name: 'Fabrikam', rolesGranted: onDefender })
  await givenTenant(db, { name: 'Tailspin', rolesGranted: [...onDefender, 'graph:ThreatHunting.Read.All'] })

  const page = await staff.get('/readiness')
  const hunting = await staff.get('/readiness?ends=hunting.defender')

  const said = words(page.text)
  expect(said).toMatch(
    /Hunt with KQL Microsoft Defender XDR Announced 1 Feb 2027 .* 1 tenants: Hunt with KQL/,
  )
  expect(said).toMatch(
    /Read incidents Microsoft Defender XDR Unclear 1 Feb 2027 .* 2 tenants: Read incidents/,
  )
  expect(words(hunting.text)).toContain('Fabrikam')
  expect(words(hunting.text)).not.toContain('Tailspin')
})

test('missing permissions lead to the tenants that lack them and to the links that put it right', async () => {
  const { db } = running.database
  const ids = []
  for (const name of ['Fabrikam', 'Tailspin']) {
    ids.push(await givenTenant(db, { name, rolesMissing: ['endpoint:Machine.Read.All'] }))
  }
  await givenTenant(db, { name: 'Contented' })

  const page = await staff.get('/readiness?missing=endpoint%3AMachine.Read.All')
  const made = await staff.post('/readiness/links', { tenantId: ids[0] ?? '' })

  expect(words(page.text)).toContain('Without Machine.Read.All')
  expect(words(page.text)).toContain('2 of 2 tenants')
  expect(words(page.text)).not.toContain('Contented')
  const links = await db.invitation.findMany()
  expect(links).toMatchObject([{ pinnedTenantId: ids[0], purpose: 'reconsent' }])
  expect(made.location).toBe(`${running.url}/invitations/${links[0]?.id}`)
})

test('making links twice makes them once', async () => {
  const id = await givenTenant(running.database.db, { rolesMissing: ['endpoint:Machine.Read.All'] })

  const first = await staff.send('/readiness', '/readiness/links', { tenantId: id })
  const second = await staff.send('/readiness', '/readiness/links', { tenantId: id })

  expect(words(first.text)).toContain('The link is made.')
  expect(words(second.text)).toContain('A link for this tenant was open already')
  expect(second.url).toBe(first.url)
  expect(await running.database.db.invitation.count()).toBe(1)
})

test('who may not invite is shown what is missing and makes no link', async () => {
  const id = await givenTenant(running.database.db, { rolesMissing: ['endpoint:Machine.Read.All'] })
  const reader = await signedIn(running, 'reader@partner.example')

  const page = await reader.get('/readiness?missing=endpoint%3AMachine.Read.All')
  const refused = await reader.post('/readiness/links', { tenantId: id })

  expect(page.status).toBe(200)
  expect(page.text).not.toContain('Make a consent link')
  expect(refused.status).toBe(403)
  expect(await running.database.db.invitation.count()).toBe(0)
})

test('with nothing to do it says so', async () => {
  const empty = await staff.get('/readiness')
  await givenTenant(running.database.db, { rolesGranted: ['graph:ThreatHunting.Read.All'] })
  const well = await staff.get('/readiness')

  expect(words(empty.text)).toContain('No tenants yet')
  expect(words(well.text)).toContain('Nobody depends on what ends')
  expect(words(well.text)).toContain('None is missing')
})
