import { setTimeout as sleep } from 'node:timers/promises'
import type { SurfaceSuccess } from './health-store.ts'

type Waiting = SurfaceSuccess & { resolve: () => void; reject: (error: unknown) => void }

const mostPerStatement = 200

/** Nobody waits for these. */
const gatherMs = 20

/**
 * Gathers successes that are told while a statement is under way into the next
 * one: a hunt over thousands of tenants tells hundreds a second.
 *
 * @param write takes each tenant once
 */
export function batchSuccesses(
  write: (successes: SurfaceSuccess[]) => Promise<void>,
): (success: SurfaceSuccess) => Promise<void> {
  let waiting: Waiting[] = []
  let isBusy = false

  async function work(): Promise<void> {
    isBusy = true
    while (waiting.length > 0) {
      await sleep(gatherMs)
      const batch = new Map<string, Waiting>()
      const rest: Waiting[] = []
      for (const one of waiting) {
        if (batch.size < mostPerStatement && !batch.has(one.tenantId)) batch.set(one.tenantId, one)
        else rest.push(one)
      }
      waiting = rest
      try {
        await write([...batch.values()])
        for (const { resolve } of batch.values()) resolve()
      } catch (error) {
        for (const { reject } of batch.values()) reject(error)
      }
    }
    isBusy = false
  }

  return success =>
    new Promise((resolve, reject) => {
      waiting.push({ ...success, resolve, reject })
      if (!isBusy) void work()
    })
}
