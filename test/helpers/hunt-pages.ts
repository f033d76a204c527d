import { afterAll, beforeAll, expect } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { type RunningApp, startApp } from './app.ts'
import { type Customers, customersOf } from './customers.ts'
import { type Staff, signedIn, words } from './staff.ts'

export let running: RunningApp

export let customers: Customers

export let staff: Staff

export let reached: CustomerProfile

export let withoutRole: CustomerProfile

export let down: CustomerProfile

export async function hunted(fields: Record<string, string>): Promise<string> {
  const page = await staff.send('/hunts', '/hunts', fields)
  const [, id = ''] = /\/hunts\/([0-9a-f-]{36})/.exec(page.url) ?? []
  expect(id, words(page.text)).not.toBe('')
  await expect.poll(async () => (await staff.get(`/hunts/${id}`)).text).toContain('Export')
  await expect
    .poll(async () => words((await staff.get(`/hunts/${id}`)).text))
    .toMatch(/Complete: every tenant|Not complete/)
  return id
}

/** Forty customers: two of them reached, of which one is down, and one without the role that hunting needs. */
export function useHuntPages(): void {
  beforeAll(async () => {
    running = await startApp({ tenants: 40 })
    customers = customersOf(running)
    staff = await signedIn(running, 'analyst@partner.example')
    reached = await customers.connected()
    withoutRole = await customers.connected(['graph:SecurityIncident.Read.All'])
    down = await customers.connected()
    const refusal = {
      tenantId: down.tenantId,
      kind: 'status',
      status: 403,
      body: { error: { code: 'Blocked', message: 'A policy stopped this.' } },
    } as const
    running.simulator.control.addFault({ ...refusal, service: 'graph' })
    running.simulator.control.addFault({ ...refusal, service: 'defender' })
  })
  afterAll(() => running?.close())
}
