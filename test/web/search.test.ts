import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { admin, givenTenant } from '../tenants/givens.ts'

let running: RunningApp
let staff: Staff

beforeAll(async () => {
  running = await startApp({ work: false })
  staff = await signedIn(running)
})

afterAll(() => running?.close())

test('the search finds tenants, saved queries and pages, as a page and as the part that the box shows', async () => {
  const { db } = running.database
  const id = await givenTenant(db, { name: '<i>Fabrikam</i>', domain: 'fabrikam.example' })

  const page = await staff.get('/search?q=fabrikam')
  const part = await staff.partial('/search?q=password')
  const pages = await staff.partial('/search?q=inv')
  const nothing = await staff.partial('/search?q=%3Cb%3Enothing')

  expect(page.text).toContain(`href="/tenants/${id}"`)
  expect(page.text).toContain('&lt;i&gt;Fabrikam')
  expect(part.text).not.toContain('<html')
  expect(words(part.text)).toContain('Saved queries')
  expect(pages.text).toContain('href="/invitations/new"')
  expect(nothing.text).toContain('&lt;b&gt;nothing')
})

test('the search shows nothing of tenants that one may not see, and offers only what one may do', async () => {
  const { db } = running.database
  await givenTenant(db, { name: 'Hidden Harbour', tags: ['south'] })
  const reader = await signedIn(running, 'reader@partner.example')
  const [member] = await db.staffMember.findMany({ where: { username: 'reader@partner.example' } })
  await running.services.members.limit(admin, member?.objectId ?? '', { tags: ['north'], ids: [] })

  const found = await reader.partial('/search?q=hidden')
  const pages = await reader.partial('/search?q=')

  expect(words(found.text)).not.toContain('Hidden Harbour')
  expect(pages.text).toContain('href="/incidents"')
  expect(pages.text).not.toContain('href="/invitations/new"')
  expect(pages.text).not.toContain('href="/settings"')
})
