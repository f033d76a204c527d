import { expect } from 'vitest'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Customers, customersOf } from '../helpers/customers.ts'
import { testDatabaseAt } from '../helpers/database.ts'
import { type FaultyServer, startFaultyServer } from './server.ts'

/** Far more than it takes, for a machine that is busy. */
export const patience = { interval: 100 }

export type Stage = {
  server: FaultyServer
  running: RunningApp
  api: Api
  tenants: string[]
  /** Begins a hunt over all tenants. @returns its id */
  hunt(): Promise<string>
  /** Resolves once so many tenants of the hunt are asked or done. */
  isUnderWay(id: string, tenants?: number): Promise<void>
  /** What a hunt found, once it is over: its state, tenants that failed, rows of each tenant. */
  outcome(id: string): Promise<{ status: string; failed: unknown[]; rows: Record<string, number> }>
  readyz(): Promise<{ status: number; missing: string[] }>
  close(): Promise<void>
}

/** Rows that do not grow while the tests run, as those of a span of time do. */
export const query = 'DeviceInfo | distinct DeviceName, DeviceId'

/** The whole application on a PostgreSQL of its own, with tenants that are connected. */
export async function startStage(tenantCount: number): Promise<Stage> {
  const server = await startFaultyServer()
  const running = await startApp({
    tenants: tenantCount * 3,
    database: testDatabaseAt({ url: server.url, adminUrl: server.adminUrl, drop: async () => {} }),
    settings: { TENANTRY_HUNTING_SHARE: '1' },
  })
  const customers: Customers = customersOf(running)
  const tenants: string[] = []
  for (let count = 0; count < tenantCount; count++) tenants.push((await customers.connected()).tenantId)
  const api = await apiOf(running, 'admin')
  running.simulator.control.setLatency({ service: 'graph', ms: 150 })

  async function get(path: string) {
    const { status, body } = await api('GET', path)
    expect(status, JSON.stringify(body)).toBe(200)
    return body
  }

  return {
    server,
    running,
    api,
    tenants,

    async hunt() {
      const { status, body } = await api('POST', '/hunts', { query, tenants: 'all' })
      expect(status, JSON.stringify(body)).toBe(202)
      return body.id
    },

    async isUnderWay(id, most = 1) {
      await expect
        .poll(async () => {
          const { counts } = await get(`/hunts/${id}`)
          return counts.running + counts.succeeded
        }, patience)
        .toBeGreaterThanOrEqual(most)
    },

    async outcome(id) {
      await expect
        .poll(async () => (await api('GET', `/hunts/${id}`)).body?.finishedAt ?? null, patience)
        .not.toBeNull()
      const { status, tenants: asked } = await get(`/hunts/${id}`)
      const { text } = await api('GET', `/hunts/${id}/rows?format=ndjson`)
      const rows: Record<string, number> = {}
      for (const line of text.split('\n').filter(Boolean)) {
        const { TenantId } = JSON.parse(line)
        rows[TenantId] = (rows[TenantId] ?? 0) + 1
      }
      // biome-ignore lint/suspicious/noExplicitAny: the contract's shape
      return { status, failed: asked.filter((one: any) => one.status !== 'succeeded'), rows }
    },

    async readyz() {
      const answer = await fetch(`${running.url}/readyz`)
      const { missing } = (await answer.json()) as { missing: string[] }
      return { status: answer.status, missing }
    },

    async close() {
      await server.thaw()
      await running.close()
      await server.remove()
    },
  }
}
