import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn } from '../helpers/staff.ts'

let running: RunningApp
let api: Api
let staff: Staff

beforeAll(async () => {
  running = await startApp({ work: false })
  api = await apiOf(running, 'admin')
  staff = await signedIn(running)
})

afterAll(() => running?.close())

test.each([
  '/audit?action=%00',
  '/queries?tag=%00',
  '/queries?search=%00',
  '/incidents?search=%00&product=%00&assignedTo=%00',
])('a NUL in %s ends in no error of ours', async path => {
  expect((await api('GET', path)).status).toBeLessThan(500)
})

test.each(['/audit?action=%00', '/audit?search=%00', '/library?search=%00&tag=%00', '/tenants?search=%00'])(
  'a NUL on the page %s ends in no error of ours',
  async path => {
    expect((await staff.get(path)).status).toBeLessThan(500)
  },
)

test('a NUL in a query is refused with its place, and one in a name is left out', async () => {
  const refused = await api('POST', '/hunts', { query: 'DeviceInfo // \u0000\n| take 1', tenants: 'all' })
  const saved = await api('POST', '/queries', { name: 'x', query: 'DeviceInfo \u0000' })

  expect(refused.body).toMatchObject({ code: 'invalid_query', problems: [{ line: 1, column: 15 }] })
  // The library keeps drafts, as they can be stored.
  expect(saved.body.query).toBe('DeviceInfo ')
})
