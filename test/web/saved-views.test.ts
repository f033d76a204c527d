import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { admin, givenTenant } from '../tenants/givens.ts'

let running: RunningApp
let owner: Staff
let analyst: Staff
let reader: Staff
let north: string
let south: string

beforeAll(async () => {
  running = await startApp({ work: false })
  const { db } = running.database
  north = await givenTenant(db, { name: 'Northwind', tags: ['north'] })
  south = await givenTenant(db, { name: 'Southridge', tags: ['south'] })
  owner = await signedIn(running)
  analyst = await signedIn(running, 'analyst@partner.example')
  reader = await signedIn(running, 'reader@partner.example')
  const member = await db.staffMember.findFirst({ where: { username: 'reader@partner.example' } })
  await running.services.members.limit(admin, member?.objectId ?? '', { tags: ['north'], ids: [] })
})

afterAll(() => running?.close())

async function idOf(name: string): Promise<string> {
  const view = await running.database.db.savedView.findFirstOrThrow({ where: { name } })
  return view.id
}

/** Saves what a query of the queue shows. */
async function save(staff: Staff, name: string, query: string, more: Record<string, string> = {}) {
  await staff.get(`/incidents?${query}`)
  return await staff.post('/incidents/views', { name, query, ...more })
}

function viewsOf(html: string): string {
  return words(/<section class="views"[\s\S]*?<button/.exec(html)?.[0] ?? '')
}

test('a view is saved under a name, leads to its filters, order and columns, and says that it is shown', async () => {
  const saved = await save(
    owner,
    'High and mine',
    'severity=high&sort=-createdAt&columns=status,tags&cursor=x',
  )
  const page = await owner.follow(saved)

  expect(saved.location).toMatch(/\/incidents\?severity=high&sort=-createdAt&columns=status%2Ctags$/)
  expect(words(page.text)).toContain('The view “High and mine” is saved.')
  expect(page.text).toMatch(/href="[^"]+" title="High and mine" aria-current="true"/)
  expect(viewsOf((await analyst.get('/incidents')).text)).not.toContain('High and mine')
})

test('a name is taken once by each owner, and a view of it is replaced only when that is asked for', async () => {
  await save(owner, 'Weekend', 'severity=low')
  const again = await save(owner, ' weekend', 'severity=medium')
  const others = await save(analyst, 'Weekend', 'severity=low')

  expect(again.status).toBe(422)
  expect(words(again.text)).toContain('You have a view of this name')
  expect(again.text).toContain('name="replace"')
  expect(others.status).toBe(303)
  await save(owner, 'weekend', 'severity=medium', { replace: 'true' })
  const view = await running.services.savedViews.get(admin, await idOf('weekend')).catch(() => null)
  expect(view).toBeNull()
  expect((await owner.get('/incidents')).text).toContain('href="/incidents?severity=medium"')
})

test.each([
  ['', 'A view needs a name'],
  ['x'.repeat(81), 'A name has at most 80 characters'],
])('the name %o is refused beside its field', async (name, refusal) => {
  const answer = await save(owner, name, 'severity=low')

  expect(answer.status).toBe(422)
  expect(words(answer.text)).toContain(refusal)
})

test('own views stand first and shared ones next with their owner; readers share none', async () => {
  await save(owner, 'Zero day', 'search=zero', { isShared: 'true' })
  await save(reader, 'My own', 'severity=high')
  const refused = await save(reader, 'For all', 'severity=high', { isShared: 'true' })

  const listed = viewsOf((await reader.get('/incidents')).text)

  expect(refused.status).toBe(403)
  expect(listed).toMatch(/My own .*Shared .*Zero day .*admin/)
  expect((await reader.get('/incidents')).text).not.toContain('name="isShared"')
})

test('a shared view shows a reader what that reader may see, and one that names more is not there', async () => {
  await save(owner, 'Both tenants', `tenant=${north}&tenant=${south}`, { isShared: 'true' })
  await save(owner, 'Tag of the south', 'tag=south', { isShared: 'true' })
  await save(owner, 'The north', `tenant=${north}&tag=north`, { isShared: 'true' })

  const forReader = await reader.get('/incidents')
  const manage = await reader.get('/incidents/views')
  const found = await reader.get('/search?q=south')
  const opened = await reader.post(`/incidents/views/${await idOf('Both tenants')}/default`)

  expect(viewsOf(forReader.text)).toContain('The north')
  for (const { text } of [forReader, manage, found]) {
    expect(text).not.toContain('Both tenants')
    expect(text).not.toContain('Tag of the south')
    expect(text).not.toContain(south)
  }
  expect(opened.status).toBe(404)
  expect(viewsOf((await analyst.get('/incidents')).text)).toContain('Both tenants')
})

test('views are renamed and removed by their owner; an administrator ends what others share', async () => {
  await save(analyst, 'Night shift', 'severity=high', { isShared: 'true' })
  const id = await idOf('Night shift')
  await reader.get('/incidents/views')
  const foreign = await reader.post(`/incidents/views/${id}/name`, { name: 'Mine now' })
  const removal = await reader.post(`/incidents/views/${id}/removal`)
  const renamed = await analyst.send('/incidents/views', `/incidents/views/${id}/name`, {
    name: 'Late shift',
  })

  expect([foreign.status, removal.status]).toEqual([403, 403])
  expect(words(renamed.text)).toContain('Late shift')
  await owner.send('/incidents/views', `/incidents/views/${id}/sharing`, { isShared: 'false' })
  expect(viewsOf((await owner.get('/incidents')).text)).not.toContain('Late shift')
  expect(viewsOf((await analyst.get('/incidents')).text)).toContain('Late shift')
  await analyst.send('/incidents/views', `/incidents/views/${id}/removal`)
  expect(await running.database.db.savedView.findUnique({ where: { id } })).toBeNull()

  const { items } = await running.services.audit.list(admin, { search: 'Late shift' })
  expect(items.map(({ action, actor }) => `${action} ${actor.label}`)).toEqual([
    'view.removed analyst@partner.example',
    'view.unshared admin@partner.example',
    'view.renamed analyst@partner.example',
  ])
})

test('the queue opens with the default view, and shows all when that is asked for', async () => {
  await save(analyst, 'Start here', 'status=resolved')
  await analyst.send('/incidents/views', `/incidents/views/${await idOf('Start here')}/default`)

  const opened = await analyst.get('/incidents')
  const all = await analyst.get('/incidents?view=all')
  await analyst.send('/incidents/views', '/incidents/views/no-default')

  expect(opened.location).toMatch(/\/incidents\?status=resolved/)
  expect(all.status).toBe(200)
  expect(all.text).toContain('Start here')
  expect((await analyst.get('/incidents')).status).toBe(200)
})

test('a default view that is shared no longer does not open', async () => {
  await save(owner, 'For a while', 'severity=low', { isShared: 'true' })
  const id = await idOf('For a while')
  await analyst.send('/incidents/views', `/incidents/views/${id}/default`)
  expect((await analyst.get('/incidents')).status).toBe(302)
  await owner.send('/incidents/views', `/incidents/views/${id}/sharing`, { isShared: 'false' })

  expect((await analyst.get('/incidents')).status).toBe(200)
})

test('columns are shown in the order that was chosen, kept for the person and in the address', async () => {
  const { text } = await owner.get('/incidents?severity=high')
  const chosen = await owner.post('/incidents/columns', { query: 'severity=high', column: 'tags' })
  const moved = await owner.post('/incidents/columns', {
    query: 'severity=high',
    column: 'tags',
    up: 'tags',
  })
  const shown = await owner.get('/incidents')

  expect(text).toContain('Move Tenant down')
  expect(chosen.location).toContain('/incidents?severity=high&columns=tags')
  expect(moved.location).toContain('columns=tags')
  expect(offered(shown.text)[0]).toBe('tags')
  expect(offered((await reader.get('/incidents')).text)[0]).toBe('tenant')
  expect(offered((await owner.get('/incidents?columns=alerts,nonsense,alerts')).text)[0]).toBe('alerts')
  await owner.post('/incidents/columns', { query: 'severity=high', reset: 'true' })
  expect(offered((await owner.get('/incidents')).text)[0]).toBe('tenant')
})

/** Names in the form of the columns, in their order. */
function offered(html: string): string[] {
  return [...html.matchAll(/name="column" value="([a-z]+)"/g)].map(([, name = '']) => name)
}
