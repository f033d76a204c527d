import { Gauge, type Registry } from 'prom-client'
import { within } from '../platform/limits/deadline.ts'
import type { Backlog } from './store.ts'

/** Scrapes of several processes, or of a curious person, ask the database this often at most. */
const keptMs = 10_000
const answerMs = 2_000

/**
 * What waits to be done, by the database: the same whichever process is asked.
 * Left out while the database does not answer.
 */
export function addBacklog(registry: Registry, read: () => Promise<Backlog>): void {
  const registers = [registry]
  let last: { found: Promise<Backlog | null>; at: number } | null = null

  function current(): Promise<Backlog | null> {
    if (!last || Date.now() - last.at > keptMs) {
      const found = within(read(), answerMs).catch(() => null)
      last = { found, at: Date.now() }
    }
    return last.found
  }

  function gauge(
    name: string,
    help: string,
    labelNames: string[],
    values: (backlog: Backlog) => { labels: Record<string, string>; value: number | null }[],
  ): void {
    new Gauge({
      name,
      help,
      labelNames,
      registers,
      async collect() {
        const backlog = await current()
        this.reset()
        for (const { labels, value } of backlog ? values(backlog) : [])
          if (value !== null) this.set(labels, value)
      },
    })
  }

  gauge('tenantry_jobs', 'Jobs by kind and state', ['job', 'state'], ({ jobs }) =>
    jobs.map(({ job, state, count }) => ({ labels: { job, state }, value: count })),
  )
  gauge('tenantry_job_oldest_seconds', 'Age of the oldest job that is due', ['job'], ({ jobs }) =>
    jobs.map(({ job, oldestSeconds }) => ({ labels: { job }, value: oldestSeconds })),
  )
  gauge('tenantry_hunts_open', 'Hunts that are not over, by state', ['status'], ({ hunts }) =>
    hunts.map(({ status, count }) => ({ labels: { status }, value: count })),
  )
  gauge('tenantry_hunt_tasks_open', 'Tenants of hunts that are not over, by state', ['status'], ({ tasks }) =>
    tasks.map(({ status, count }) => ({ labels: { status }, value: count })),
  )
  gauge(
    'tenantry_sync_oldest_seconds',
    'Time since the tenant that is furthest behind was up to date',
    [],
    one => [{ labels: {}, value: one.syncOldestSeconds }],
  )
  gauge('tenantry_sync_tenants_behind', 'Tenants whose incidents are more than 15 minutes old', [], one => [
    { labels: {}, value: one.syncBehind },
  ])
  gauge(
    'tenantry_schedule_late_seconds',
    'How long the schedule that is due longest has been due',
    [],
    one => [{ labels: {}, value: one.scheduleLateSeconds }],
  )
  gauge(
    'tenantry_deliveries',
    'Messages to webhooks and rules’ targets of the last day, by state',
    ['channel', 'status'],
    one =>
      one.deliveries.map(({ channel, status, count }) => ({ labels: { channel, status }, value: count })),
  )
}
