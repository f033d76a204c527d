import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { verificationJob } from '../../src/platform/jobs/kinds.ts'
import { beginVerificationRun } from '../../src/verification/check-store.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { admin, emptyDatabase, failure, givenTenant } from '../tenants/givens.ts'

let running: RunningApp
let staff: Staff

beforeAll(async () => {
  running = await startApp({ work: false })
  staff = await signedIn(running)
})

beforeEach(() => emptyDatabase(running.database))

afterAll(() => running?.close())

test('without a tenant the list leads to the first invitation', async () => {
  const { status, text } = await staff.get('/tenants')

  expect(status).toBe(200)
  expect(words(text)).toContain('No tenants yet')
  expect(text).toContain('href="/invitations/new"')
})

test('a search shows what fits, as a page and as the part that htmx asks for', async () => {
  const { db } = running.database
  await givenTenant(db, { name: 'Fabrikam', domain: 'fabrikam.example', tags: ['gold'] })
  await givenTenant(db, {
    name: 'Tailspin',
    status: 'degraded',
    rolesMissing: ['endpoint:Machine.Read.All'],
  })

  const page = await staff.get('/tenants?search=FABRI')
  const part = await staff.partial('/tenants?status=degraded')
  const none = await staff.partial('/tenants?tag=gold&status=degraded')

  expect(page.text).toContain('<html')
  expect(words(page.text)).toContain('Fabrikam fabrikam.example')
  expect(words(page.text)).not.toContain('Tailspin')
  expect(part.text).not.toContain('<html')
  expect(part.headers.get('vary')).toContain('hx-request')
  expect(words(part.text)).toContain('Missing: Machine.Read.All')
  expect(words(part.text)).not.toContain('Fabrikam')
  expect(words(none.text)).toContain('No tenant fits')
})

test('the list goes on page by page, in the order that was asked for', async () => {
  const { db } = running.database
  for (let each = 10; each < 65; each += 1) await givenTenant(db, { name: `Tenant ${each}` })

  const first = await staff.get('/tenants?sort=-name')
  const address = /href="(\/tenants\?[^"]*cursor=[^"]*)"/.exec(first.text)?.[1]?.replaceAll('&amp;', '&')
  const second = await staff.get(address ?? '')

  expect(names(first.text)).toHaveLength(50)
  expect(names(first.text)[0]).toBe('Tenant 64')
  expect(names(second.text)).toEqual(['Tenant 14', 'Tenant 13', 'Tenant 12', 'Tenant 11', 'Tenant 10'])
})

test('what a tenant calls itself is shown and never run', async () => {
  const { db } = running.database
  const id = await givenTenant(db, { name: '<script>alert(1)</script>', tags: ['"><b>'] })

  const list = await staff.get('/tenants')
  const page = await staff.get(`/tenants/${id}`)

  for (const { text } of [list, page]) {
    expect(text).not.toContain('<script>alert')
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;')
    expect(text).not.toContain('"><b>')
  }
})

test('a tenant page says what was granted, what is missing, what that disables and what will end', async () => {
  const { db } = running.database
  const id = await givenTenant(db, {
    name: 'Fabrikam',
    status: 'degraded',
    rolesGranted: ['defender:AdvancedHunting.Read.All', 'endpoint:Machine.Read.All'],
  })
  const lacking = failure('role_missing', { requestId: 'a1b2' })
  await db.tenant.update({ where: { id }, data: { lastError: { ...lacking }, lastErrorAt: new Date() } })

  const said = words((await staff.get(`/tenants/${id}`)).text)

  expect(said).toContain('Connected, but something is missing')
  expect(said).toContain(`What to do: ${lacking.remedy}`)
  expect(said).toContain('Request id for Microsoft’s support: a1b2')
  expect(said).toMatch(/SecurityIncident ?\.Read ?\.All Microsoft Graph security Missing/)
  expect(said).toContain('Hunt with KQL Microsoft Defender XDR Ends')
  expect(said).toContain('1 Feb 2027')
  expect(said).toContain('Isolate a device Not available needs Machine.Isolate')
})

test('a tenant that one may not see is not found', async () => {
  const { db } = running.database
  const seen = await givenTenant(db, { name: 'Fabrikam', tags: ['gold'] })
  const hidden = await givenTenant(db, { name: 'Tailspin' })
  const analyst = await signedIn(running, 'analyst@partner.example')
  const member = await db.staffMember.findFirstOrThrow({ where: { username: 'analyst@partner.example' } })
  await running.services.members.limit(admin, member.objectId, { tags: ['gold'], ids: [] })

  const paths = ['', '/events', '/incidents', '/devices', '/hunt', '/offboarding']
  const answers = await Promise.all(paths.map(path => analyst.get(`/tenants/${hidden}${path}`)))
  const list = await analyst.get('/tenants')

  await running.services.members.limit(admin, member.objectId, 'all')
  expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 403])
  expect(names(list.text)).toEqual(['Fabrikam'])
  expect((await analyst.get(`/tenants/${seen}`)).status).toBe(200)
})

test('a name and tags are saved, and what cannot be comes back with what was typed', async () => {
  const { db } = running.database
  const id = await givenTenant(db, { name: 'Fabrikam' })

  const saved = await staff.send(`/tenants/${id}`, `/tenants/${id}/details`, {
    name: ' Fabrikam  Bakery ',
    tags: 'Gold, north',
  })
  const refused = await staff.post(`/tenants/${id}/details`, { name: 'Kept', tags: 'gold, <odd>' })
  const nameless = await staff.post(`/tenants/${id}/details`, { name: ' ', tags: 'gold' })

  expect(words(saved.text)).toContain('The name and the tags are saved.')
  expect(await db.tenant.findUniqueOrThrow({ where: { id } })).toMatchObject({
    name: 'Fabrikam Bakery',
    tags: ['gold', 'north'],
  })
  expect(refused.status).toBe(422)
  expect(refused.text).toContain('value="gold, &lt;odd&gt;"')
  expect(refused.text).toContain('value="Kept"')
  expect(words(refused.text)).toContain('cannot be a tag')
  expect(nameless.status).toBe(422)
  expect(words(nameless.text)).toContain('The customer needs a name')
})

test('a tenant goes only when its name is typed, and only by an administrator', async () => {
  const { db } = running.database
  const id = await givenTenant(db, { name: 'Fabrikam' })
  const analyst = await signedIn(running, 'analyst@partner.example')

  const forbidden = await analyst.get(`/tenants/${id}/offboarding`)
  await staff.get(`/tenants/${id}/offboarding`)
  const mistyped = await staff.post(`/tenants/${id}/offboarding`, { name: 'Fabrikum' })
  const kept = await db.tenant.count()
  const gone = await staff.follow(await staff.post(`/tenants/${id}/offboarding`, { name: 'fabrikam ' }))

  expect(forbidden.status).toBe(403)
  expect(mistyped.status).toBe(422)
  expect(mistyped.text).toContain('value="Fabrikum"')
  expect(kept).toBe(1)
  expect(words(gone.text)).toContain('Fabrikam is offboarded and its data is deleted.')
  expect(await db.tenant.count()).toBe(0)
  expect((await staff.get(`/tenants/${id}`)).status).toBe(404)
})

/** As the end of a consent does. */
async function beginVerification(tenantId: string): Promise<void> {
  const run = await beginVerificationRun(running.database.db, tenantId, new Date())
  await running.services.jobs.enqueue(verificationJob, { tenantId, run }, { key: `${tenantId} ${run}` })
}

test('a verification is watched while it runs, and the page is told when it is over', async () => {
  const { db } = running.database
  const [customer] = running.simulator.world.customers().filter(({ regionSubScope }) => !regionSubScope)
  const id = await givenTenant(db, { id: customer?.tenantId, name: 'Fabrikam', status: 'verifying' })
  await beginVerification(id)

  const page = await staff.get(`/tenants/${id}`)
  const under = await staff.partial(`/tenants/${id}/state`)
  const { verificationRun } = await db.tenant.findUniqueOrThrow({ where: { id } })
  running.simulator.control.grantConsent(id)
  await running.services.verification.verifyTenant(id, verificationRun)
  const over = await staff.partial(`/tenants/${id}/state`)

  expect(page.text).toContain(`hx-get="/tenants/${id}/state?seen=verifying"`)
  expect(words(page.text)).toContain('A token for this tenant (under way)')
  expect(words(page.text)).toContain('Tries so far 0')
  expect(under.headers.get('hx-refresh')).toBeNull()
  expect(over.headers.get('hx-refresh')).toBe('true')
  expect(words(over.text)).toContain('Fabrikam Connected')
  expect(over.text).not.toContain('hx-get=')
})

test('a tenant that is usable while checks go on is shown as it is, and the page hears of a change', async () => {
  const { db } = running.database
  const customer = running.simulator.world.customers().find(({ regionSubScope }) => !regionSubScope)
  const id = await givenTenant(db, {
    id: customer?.tenantId,
    name: 'Fabrikam',
    status: 'degraded',
    rolesMissing: ['endpoint:Machine.Read.All'],
  })
  const lastError = { ...failure('role_missing', { service: 'entra' }), permanent: false }
  await db.tenant.update({ where: { id }, data: { lastError } })
  await beginVerification(id)

  const page = await staff.get(`/tenants/${id}`)
  const same = await staff.partial(`/tenants/${id}/state?seen=degraded`)
  const changed = await staff.partial(`/tenants/${id}/state?seen=verifying`)

  expect(words(page.text)).not.toContain('The consent is being verified')
  expect(words(page.text)).toContain('Connected, but something is missing')
  expect(words(page.text)).toContain('The tenant is checked again until')
  expect(page.text).toContain('hx-trigger="every 15s"')
  expect(same.headers.get('hx-refresh')).toBeNull()
  expect(changed.headers.get('hx-refresh')).toBe('true')
})

test('a check on demand and a new consent link are one press away', async () => {
  const customers = running.simulator.world.customers()
  const customer = customers.filter(
    ({ regionSubScope, licenses }) => !regionSubScope && licenses.length === 6,
  )[1]
  const id = await givenTenant(running.database.db, { id: customer?.tenantId, name: 'Fabrikam' })
  running.simulator.control.grantConsent(id)

  const checked = await staff.send(`/tenants/${id}`, `/tenants/${id}/verification`)
  const linked = await staff.post(`/tenants/${id}/consent-link`)

  expect(words(checked.text)).toContain('Checked just now. Connected.')
  expect(linked.status).toBe(303)
  const invitation = await running.database.db.invitation.findFirstOrThrow()
  expect(linked.location).toBe(`${running.url}/invitations/${invitation.id}`)
  expect(invitation).toMatchObject({ pinnedTenantId: id, purpose: 'reconsent' })
})

test('a form without its token does nothing', async () => {
  const id = await givenTenant(running.database.db, { name: 'Fabrikam' })

  const answers = await Promise.all(
    ['/details', '/offboarding', '/verification', '/consent-link'].map(path =>
      staff.post(`/tenants/${id}${path}`, { _csrf: 'made up', name: 'Fabrikam', tags: 'x' }),
    ),
  )

  expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403])
  expect(await running.database.db.tenant.count()).toBe(1)
})

/** Tenants of a list in their order. */
function names(html: string): string[] {
  return [...html.matchAll(/<a href="\/tenants\/[0-9a-f-]{36}">([^<]+)</g)].map(([, name]) => name ?? '')
}

test('tags of several tenants are added and removed at once, each for itself', async () => {
  const { db } = running.database
  const [one, two] = [
    await givenTenant(db, { name: 'Fabrikam', tags: ['gold'] }),
    await givenTenant(db, { name: 'Tailspin' }),
  ]
  const post = (fields: string) =>
    staff.send('/tenants?search=a', '/tenants/tags', Object.fromEntries(new URLSearchParams(fields)))

  const added = await running.services.tenants.changeTags(admin, [one, two], { add: ['North '] })
  const page = await post(`tenant=${one}&tag=gold&act=remove&back=/tenants?search=fabri`)
  const away = await post(`tenant=${two}&tag=x&act=add&back=//evil.example`)

  expect(added).toEqual({ changed: 2, refused: [] })
  expect(page.url).toContain('/tenants?search=fabri')
  expect(words(page.text)).toContain('1 tenant changed.')
  expect(away.url).toBe(`${running.url}/tenants`)
  const rows = await db.tenant.findMany({ orderBy: { name: 'asc' } })
  expect(rows.map(({ tags }) => tags)).toEqual([['north'], ['north', 'x']])
})

test('a tag that would hide a tenant from whoever removes it stays, and the others change', async () => {
  const { db } = running.database
  const [north, both] = [
    await givenTenant(db, { name: 'Fabrikam', tags: ['north'] }),
    await givenTenant(db, { name: 'Tailspin', tags: ['north', 'south'] }),
  ]
  const limited = { ...admin, tenants: { tags: ['north', 'south'], ids: [] } }

  const { changed, refused } = await running.services.tenants.changeTags(limited, [north, both], {
    remove: ['north'],
  })

  expect(changed).toBe(1)
  expect(refused.map(({ tenantId, error }) => [tenantId, error.code])).toEqual([[north, 'invalid']])
})
