import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { rolesInForce } from '../../src/staff/roles.ts'
import { type Actor, staffRoles, systemActor } from '../../src/tenants/actor.ts'
import { may } from '../../src/tenants/permissions.ts'
import type { RouteAct } from '../../src/web/plugins/access/route-acts.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { admin, givenTenant } from '../tenants/givens.ts'
import { type Ask, addressOf, askingAs, changes } from './requests.ts'

let running: RunningApp
let routes: RouteAct[]
const own: Record<string, string> = {}
const foreign: Record<string, string> = {}
const asks = new Map<string, Ask>()

/** What does not exist at all: the answer about something hidden must be the same. */
const nobody = '00000000-0000-4000-8000-00000000dead'
const nothing: Record<string, string> = {
  ...Object.fromEntries(
    ['tenantId', '/tenants', '/hunts', '/invitations', '/webhooks', '/api-keys', '/staff'].map(name => [
      name,
      nobody,
    ]),
  ),
  '/incidents': `${nobody}:71`,
}

/** Stands in whatever belongs to the tenant that nobody here may know of. */
const mark = 'Zzyzxhidden'

beforeAll(async () => {
  running = await startApp({ work: false, tenants: 4 })
  const { services, database } = running
  const { db } = database
  routes = running.app.routeActs.filter(({ method }) => method !== 'HEAD')

  async function given(name: string, tag: string, ids: Record<string, string>): Promise<void> {
    const tenant = await givenTenant(db, { id: randomUUID(), name, tags: [tag], domain: `${tag}.example` })
    const incidentId = '71'
    await db.$executeRaw`
      INSERT INTO "Incident" ("tenantId", "incidentId", title, "titleWords", severity, "severityRank", status, "isListed",
        "assigneeKey", classification, determination, tags, "systemTags", products, categories, techniques, comments,
        "createdAt", "updatedAt", "updatedExact", surface, raw)
      VALUES (${tenant}::uuid, ${incidentId}, ${`Attack on ${name}`}, to_tsvector('simple', ${name}), 'high', 4, 'active', true,
        '', 'unknown', 'unknown', '{}', '{}', '{}', '{}', '{}', '[]', now(), now(), now()::text, 'graph', '{}')`
    const hunt = await services.hunts.create(admin, {
      query: 'DeviceInfo',
      tenants: [tenant],
      name: `Hunt in ${name}`,
    })
    const invitation = await services.invitations.create(admin, { customerName: `${name} Holding` })
    await db.invitation.update({
      where: { id: invitation.id },
      data: { tenantId: tenant, status: 'verified' },
    })
    const webhook = await services.webhooks.create(admin, {
      name: `Tickets of ${name}`,
      url: 'https://hooks.example/x',
      format: 'json',
      allowPrivate: false,
      limitedToTags: [tag],
    })
    const tenants = { tags: [tag], ids: [] }
    const { view } = await services.apiKeys.create(systemActor, {
      name: `Key of ${name}`,
      role: 'reader',
      tenants,
    })
    const objectId = randomUUID()
    await services.members.enter(systemActor, { objectId, username: `${tag}@partner.example`, tenants })
    Object.assign(ids, {
      tenantId: tenant,
      '/tenants': tenant,
      '/incidents': `${tenant}:${incidentId}`,
      '/hunts': hunt.id,
      '/invitations': invitation.id,
      '/webhooks': webhook.id,
      '/api-keys': view.id,
      '/staff': objectId,
    })
  }
  await given('Northwind', 'north', own)
  await given(mark, 'south', foreign)

  for (const role of staffRoles) {
    asks.set(role, await askingAs(running, role, ['north']))
  }
}, 120_000)

afterAll(() => running?.close())

const nameOf = ({ method, url }: RouteAct) => `${method} ${url}`

/** The address of a route about one of these things; null when it is about none that belongs to a tenant. */
function addressAbout(route: RouteAct, ids: Record<string, string>): string | null {
  const [, place, parameter] = /(\/[a-z-]+)\/:(\w+)/.exec(route.url) ?? []
  const id = (parameter === 'tenantId' ? ids.tenantId : undefined) ?? ids[place ?? '']
  if (!id) return null
  return addressOf(route, name => (name === parameter ? id : undefined))
}

const actorOf = (role: (typeof staffRoles)[number]): Actor => ({
  ...admin,
  role,
  roles: rolesInForce([role], 'analysts'),
})

const sent = (route: RouteAct) =>
  changes(route)
    ? route.url.startsWith('/api/')
      ? { headers: { 'content-type': 'application/json' }, payload: '{}' }
      : { headers: { 'content-type': 'application/x-www-form-urlencoded' }, payload: 'x=1' }
    : {}

// Before anybody asks for what is hidden: one's own refused attempts are in what one may read of the audit.
for (const role of staffRoles) {
  test(`no list, page, search or count that a ${role} of the north opens names the south`, async () => {
    const ask = asks.get(role)
    const looking = routes.filter(
      ({ method, url, act }) => method === 'GET' && act !== 'public' && !url.startsWith('/assets/'),
    )
    const searching = [
      '/search',
      '/tenants',
      '/incidents',
      '/hunts',
      '/invitations',
      '/audit',
      '/api/v1/tenants',
      '/api/v1/incidents',
    ].map(path => `${path}?search=${mark}&q=${mark}`)

    for (const address of [
      ...looking.map(route => addressAbout(route, own) ?? addressOf(route)),
      ...searching,
    ]) {
      const answer = await ask?.('GET', address)

      // What was typed comes back in the form; nothing else does.
      const told = answer?.body.replaceAll(`value="${mark}"`, '').replaceAll(`=${mark}`, '') ?? ''
      expect(answer?.statusCode, address).toBeLessThan(500)
      expect(told.includes(foreign.tenantId ?? '-'), address).toBe(false)
      expect(told.split(mark).length - 1, address).toBeLessThanOrEqual(address.includes(mark) ? 3 : 0)
    }
  })
}

for (const role of staffRoles) {
  test(`a ${role} of the north finds nothing of the south, by whatever route`, async () => {
    const ask = asks.get(role)
    const about = routes.filter(route => addressAbout(route, foreign) !== null)
    expect(about.length).toBeGreaterThan(60)

    for (const route of about) {
      const answer = await ask?.(route.method, addressAbout(route, foreign) ?? '', sent(route))
      const ofNothing = await ask?.(route.method, addressAbout(route, nothing) ?? '', sent(route))
      const isAllowed = route.act === 'public' || (route.act !== null && may(actorOf(role), route.act))

      expect(answer?.statusCode, nameOf(route)).toBe(isAllowed ? ofNothing?.statusCode : 403)
      expect(answer?.statusCode, nameOf(route)).toBeGreaterThanOrEqual(400)
      expect(answer?.body, nameOf(route)).not.toContain(mark)
    }
  })
}

test('the same routes find what is of the north', async () => {
  const ask = asks.get('admin')
  const about = routes.filter(route => route.method === 'GET' && addressAbout(route, own) !== null)
  const answers = await Promise.all(about.map(async route => ask?.('GET', addressAbout(route, own) ?? '')))

  const missing = about.filter((_, index) => answers[index]?.statusCode === 404).map(nameOf)
  // These lead to a further thing that is not there.
  expect(missing.filter(name => !/:\w+\/.*:\w+/.test(name))).toEqual([])
})
