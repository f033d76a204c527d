import { expect, test } from 'vitest'
import type { Hunts } from '../../src/hunting/hunts/hunts.ts'
import { createApp } from '../../src/web/app.ts'
import { administrator } from '../helpers/customers.ts'
import {
  customers,
  down,
  hunted,
  reached,
  running,
  staff,
  useHuntPages,
  withoutRole,
} from '../helpers/hunt-pages.ts'
import { words } from '../helpers/staff.ts'

useHuntPages()

test('whoever was not reached stands in the account with the reason, never as nothing found', async () => {
  const id = await hunted({ query: 'print Found=1', name: 'Account', scope: 'all' })

  const page = words((await staff.get(`/hunts/${id}`)).text)
  const tenants = words((await staff.get(`/hunts/${id}?view=tenants`)).text)
  const failed = words((await staff.get(`/hunts/${id}?view=tenants&state=failed`)).text)
  const excluded = words((await staff.get(`/hunts/${id}?view=tenants&state=excluded`)).text)
  const ledger = await staff.get(`/hunts/${id}/export?format=ledger`)

  expect(page).toContain('Not complete')
  expect(page).toMatch(/1 answered with rows 1 failed 1 cannot answer/)
  expect(tenants).toContain(reached.name)
  expect(failed).not.toContain(reached.name)
  expect(failed).toMatch(new RegExp(`${down.name} failed – `))
  expect(failed).not.toContain(withoutRole.name)
  expect(excluded).toMatch(new RegExp(`${withoutRole.name} cannot answer – `))
  expect(ledger.text).toContain('The result of the hunt is not complete.\n3 tenants asked\n')
})

test('tenants that can never answer make no hunt amber', async () => {
  const tenantIds = [reached.tenantId, withoutRole.tenantId]
  const { id } = await running.services.hunts.create(administrator, {
    query: 'print Found=3',
    tenants: tenantIds,
  })
  await expect
    .poll(async () => (await running.services.hunts.summary(administrator, id)).finishedAt, {
      timeout: 120_000,
    })
    .not.toBeNull()

  const { status } = await running.services.hunts.summary(administrator, id)
  const page = words((await staff.get(`/hunts/${id}`)).text)

  expect(status).toBe('succeeded')
  expect(page).toContain('Complete: every tenant that can answer did')
  expect(page).toMatch(/Cannot answer 1 tenant/)
})

test('a hunt that runs names the tenants whose answer is missing, and since when they are asked', async () => {
  const { control } = running.simulator
  const query = 'print Found=2'
  const fault = { tenantId: reached.tenantId, kind: 'hang', path: 'runHuntingQuery' } as const
  const { id: faultId } = control.addFault({ ...fault, service: 'graph' })
  const started = await staff.send('/hunts', '/hunts', { query, name: 'Slow', scope: 'all' })
  const [, id = ''] = /\/hunts\/([0-9a-f-]{36})/.exec(started.url) ?? []

  let page = ''
  await expect
    .poll(async () => (page = words((await staff.get(`/hunts/${id}`)).text)))
    .toMatch(/Missing so far [\s\S]*asked at/)
  await staff.send(`/hunts/${id}`, `/hunts/${id}/cancellation`)
  control.removeFault(faultId)
  const over = words((await staff.get(`/hunts/${id}`)).text)

  expect(page).toMatch(new RegExp(`Missing so far\\W+${reached.name} asked at`))
  expect(over).not.toContain('Missing so far')
})

test('nothing found, and nobody who answered, are not told alike', async () => {
  const nothing = 'DeviceInfo | where DeviceName == "no such device"'
  const some = await hunted({ query: nothing, scope: 'all' })
  const whole = await hunted({ query: nothing, scope: 'chosen', tenantIds: reached.tenantId })
  const none = await hunted({ query: nothing, scope: 'chosen', tenantIds: down.tenantId })

  const [partly, empty, silent] = await Promise.all(
    [some, whole, none].map(async id => words((await staff.get(`/hunts/${id}`)).text)),
  )

  expect(partly).toContain('1 tenant answered, 2 did not: what they have is not known.')
  expect(empty).toContain('Every tenant answered, and none has anything that fits the query.')
  expect(silent).toContain('Whether there is anything to find is not known.')
})

test('a page whose result takes long comes without it, and fetches it when it is there', async () => {
  const id = await hunted({
    query: 'range N from 1 to 3 step 1',
    scope: 'chosen',
    tenantIds: reached.tenantId,
  })
  const { hunts } = running.services
  const gate = Promise.withResolvers<void>()
  const groups: Hunts['groups'] = async (...wanted) => {
    await gate.promise
    return await hunts.groups(...wanted)
  }
  const slow = await createApp({ ...running.services, hunts: { ...hunts, groups } })
  const cookie = [...staff.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
  const address = `/hunts/${id}?view=groups&group=N`

  const page = await slow.inject({ url: address, headers: { cookie } })
  const part = slow.inject({ url: `${address}&wait=true`, headers: { cookie, 'hx-request': 'true' } })
  gate.resolve()

  expect(page.statusCode).toBe(200)
  expect(words(page.body)).toContain('Putting 3 rows in order')
  expect(page.body).toContain(`hx-get="${address.replace('&', '&amp;')}&amp;wait=true"`)
  expect(words((await part).body)).toContain('1 to 3 of 3 groups')
  expect(words((await part).body)).toContain('The result is in order')
  await slow.close()
})

test('progress comes as server-sent HTML until the hunt is over', async () => {
  const id = await hunted({ query: 'print X=1', scope: 'chosen', tenantIds: reached.tenantId })

  const cookie = [...staff.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
  const events = await fetch(`${running.url}/hunts/${id}/events`, {
    headers: { cookie, accept: 'text/html, text/event-stream' },
  })
  const text = await events.text()

  expect(events.headers.get('content-type')).toContain('text/event-stream')
  expect(text).toContain('Complete: every tenant answered')
  expect(text).toContain(`hx-get="/hunts/${id}"`)
  expect(text.trimEnd().endsWith('event: over\ndata:')).toBe(true)
})

test('a hunt is canceled and keeps what came', async () => {
  const slow = await customers.connected()
  running.simulator.control.addFault({
    service: 'graph',
    tenantId: slow.tenantId,
    kind: 'delay',
    delayMs: 30_000,
  })
  const begun = await staff.send('/hunts', '/hunts', { query: 'print Kept=1', scope: 'all' })
  const id = begun.url.split('/').at(-1) ?? ''
  await expect.poll(async () => words((await staff.get(`/hunts/${id}`)).text)).toMatch(/1 answered with rows/)

  const page = await staff.send(`/hunts/${id}`, `/hunts/${id}/cancellation`)

  expect(words(page.text)).toContain('The hunt is canceled. What came until then is kept.')
  expect(words(page.text)).toMatch(/Canceled 1 tenant/)
  expect(words(page.text)).toContain('Rows 1 to 1 of 1')
})
