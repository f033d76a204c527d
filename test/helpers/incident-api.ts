import { afterAll, beforeAll } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { type Api, apiOf } from './api.ts'
import { type RunningApp, startApp } from './app.ts'
import { type Customers, customersOf } from './customers.ts'
import { synced } from './synced.ts'

export let running: RunningApp

export let customers: Customers

export let asAnalyst: Api

export let tenant: CustomerProfile

/** A customer whose incidents are in the store. */
export async function connected(granted?: readonly string[]): Promise<CustomerProfile> {
  const customer = await customers.connected(granted, 'small')
  await synced(running, customer.tenantId)
  return customer
}

export const list = (query: string, api = asAnalyst) => api('GET', `/incidents?${query}`)

/** Customers whose incidents are in the store, read by an analyst’s API key. */
export function useIncidentApi(): void {
  beforeAll(async () => {
    running = await startApp({ tenants: 60, work: false, syncIncidents: true, remote: { random: () => 0 } })
    customers = customersOf(running)
    asAnalyst = await apiOf(running, 'analyst')
    tenant = await connected()
  })
  afterAll(() => running?.close())
}
