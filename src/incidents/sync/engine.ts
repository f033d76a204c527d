import { randomUUID } from 'node:crypto'
import type { Log } from '../../log.ts'
import { within } from '../../platform/limits/deadline.ts'
import { createSlots } from '../../platform/limits/slots.ts'
import { createWakeTimer } from '../../platform/limits/wake-timer.ts'
import { createOutcomeWriter } from './outcome-writer.ts'
import type { Claim } from './round.ts'
import { type RoundDeps, runRound } from './run-round.ts'
import type { SyncStore } from './store.ts'

export type SyncOptions = {
  /** Tenants at once in this process. */
  concurrency: number
  /** A claim is void after this unless renewed: its process died. */
  leaseMs: number
  /** How often to look without being told. */
  pollMs: number
  /** A round that takes longer makes its slot free for another tenant. */
  slowAfterMs: number
}

export const syncDefaults: SyncOptions = {
  concurrency: 48,
  leaseMs: 45_000,
  pollMs: 3_000,
  slowAfterMs: 5_000,
}

export type SyncEngine = {
  start(): void
  /** Claims no more; rounds under way may end within `graceMs`, then they are given back. */
  stop(graceMs: number): Promise<void>
  /** Something may be due now. */
  look(): void
}

/**
 * Keeps the store in step: claims tenants whose time has come, does a round of
 * each, notes what it came to. Any number of processes do this on one database.
 * Rows say everything; claims of a process that was killed are taken over when
 * their lease ends.
 */
export function createSyncEngine({
  store,
  log,
  options,
  ...deps
}: Omit<RoundDeps, 'worker'> & { store: SyncStore; log: Log; options: SyncOptions }): SyncEngine {
  const worker = randomUUID()
  const writer = createOutcomeWriter(store, worker)
  const wakeTimer = createWakeTimer(() => void fill())
  const slots = createSlots(options, () => void fill())
  /** Tenants whose round our own trouble broke off; they are given back as soon as the database takes it. */
  const brokenOff = new Set<string>()
  const held = new Map<string, { abort: AbortController; done: Promise<void> }>()
  let state: 'idle' | 'working' | 'stopping' = 'idle'
  let renewing: NodeJS.Timeout | undefined
  let filling: Promise<void> | null = null
  let isWanted = false
  let addedAt = 0

  /** Claims while there are slots and tenants that are due. */
  function fill(): Promise<void> {
    isWanted = true
    filling ??= claimDue().finally(() => {
      filling = null
      if (isWanted) void fill()
    })
    return filling
  }

  async function claimDue(): Promise<void> {
    isWanted = false
    if (state !== 'working') return
    const free = slots.free()
    // A slot at a time would be a statement per tenant.
    if (free < Math.min(options.concurrency, Math.max(1, held.size / 4))) return
    try {
      if (Date.now() - addedAt >= options.pollMs) {
        addedAt = Date.now()
        await giveBack()
        await store.addTenants()
      }
      const claims = await store.claim(worker, free, options.leaseMs)
      for (const claim of claims) begin(claim)
      if (claims.length === free) return
      const dueMs = (await store.nextDueMs()) ?? options.pollMs
      wakeTimer.within(Math.max(50, Math.min(options.pollMs, dueMs)))
    } catch (error) {
      log.error({ err: error }, 'tenants to be synchronised could not be claimed')
      wakeTimer.within(1000)
    }
  }

  function begin(claim: Claim): void {
    const abort = new AbortController()
    const leave = slots.take()
    const done = round(claim, abort.signal).finally(() => {
      if (held.get(claim.tenantId)?.abort === abort) held.delete(claim.tenantId)
      leave()
    })
    held.set(claim.tenantId, { abort, done })
  }

  async function round(claim: Claim, signal: AbortSignal): Promise<void> {
    const { tenantId } = claim
    try {
      const outcome = await runRound({ ...deps, store, worker }, claim, signal)
      if (outcome) await writer.write(tenantId, outcome)
      else await store.release(worker, [tenantId])
    } catch (error) {
      // The database's trouble, or a bug, and not the tenant's. Renewing would keep it claimed as long as this process lives.
      brokenOff.add(tenantId)
      if (state === 'working') log.error({ err: error, tenantId }, 'a tenant was not synchronised')
    }
  }

  async function giveBack(): Promise<void> {
    const tenantIds = [...brokenOff].filter(tenantId => !held.has(tenantId))
    await store.release(worker, tenantIds)
    for (const tenantId of tenantIds) brokenOff.delete(tenantId)
  }

  async function renew(): Promise<void> {
    if (held.size === 0) return
    try {
      const ours = await store.renew(worker, options.leaseMs)
      for (const [tenantId, { abort }] of held)
        if (!ours.has(tenantId)) abort.abort(new Error('the claim was lost'))
    } catch (error) {
      log.warn({ err: error }, 'claims of tenants could not be renewed')
    }
  }

  return {
    start() {
      if (state !== 'idle') return
      state = 'working'
      renewing = setInterval(() => void renew(), options.leaseMs / 3)
      renewing.unref()
      void fill()
    },

    look: () => void fill(),

    async stop(graceMs) {
      if (state !== 'working') return
      state = 'stopping'
      wakeTimer.stop()
      await filling
      const ended = (ms: number) => within(Promise.allSettled([...held.values()].map(({ done }) => done)), ms)
      await ended(graceMs)
      for (const { abort } of held.values()) abort.abort(new Error('the process stops'))
      await ended(1000)
      clearInterval(renewing)
    },
  }
}
