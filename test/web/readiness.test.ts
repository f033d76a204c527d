import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { FailureName } from '../../src/microsoft/http/index.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { emptyDatabase, failure, givenTenant } from '../tenants/givens.ts'

let running: RunningApp
let staff: Staff

beforeAll(async () => {
  running = await startApp({ work: false })
  staff = await signedIn(running)
})

beforeEach(() => emptyDatabase(running.database))

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

test('what stands in the way is told with date and remedy, and a link is offered where one helps', async () => {
  const { db } = running.database
  const at = new Date('2026-11-20T08:15:00Z')
  const troubled = async (name: string, code: FailureName) => {
    const id = await givenTenant(db, { name, status: 'disconnected' })
    const lastError = failure(code, { at })
    await db.tenant.update({ where: { id }, data: { lastError, lastErrorAt: at } })
  }
  await troubled('Fabrikam', 'consent_revoked')
  await troubled('Tailspin', 'app_disabled')
  await troubled('Adatum', 'timeout')

  const dashboard = await staff.get('/')
  const page = await staff.get('/readiness')
  const revoked = await staff.get('/readiness?cause=consent_revoked')
  const disabled = await staff.get('/readiness?cause=app_disabled')

  for (const { text } of [dashboard, page]) {
    expect(words(text)).toContain('every permission that was granted to it was taken back')
    expect(text).toContain('20 Nov 2026 08:15 UTC')
    expect(text).toContain('/readiness?cause=app_disabled#concerned')
    expect(text).not.toContain('cause=timeout')
  }
  expect(dashboard.text).toContain('/tenants?error=timeout')
  expect(words(revoked.text)).toMatch(
    /Fabrikam .* Disconnected .* 20 Nov 2026 08:15 UTC .* Make a consent link/,
  )
  expect(words(revoked.text)).not.toContain('Tailspin')
  expect(words(disabled.text)).toContain('Tailspin')
  expect(words(disabled.text)).not.toContain('Make a consent link')
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
