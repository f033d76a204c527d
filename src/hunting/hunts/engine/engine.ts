import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { namedFailure } from '../../../remote/index.ts'
import type { HuntChannel } from '../channel.ts'
import type { RunHunt } from './ask-tenant.ts'
import { runTask, type TaskParts } from './run-task.ts'
import type { EngineStore, Settlement } from './store.ts'
import { type Claim, type HuntOrder, keyOf, type Outcome } from './task.ts'
import { createWriter } from './writer.ts'

export type EngineOptions = {
  /** Calls at once in this process. */
  concurrency: number
  /** A claim is void after this unless renewed: its process died. */
  leaseMs: number
  /** How often to look without being told. */
  pollMs: number
  /** A call that runs longer makes its place free for another tenant, up to twice the concurrency in all such. */
  slowAfterMs: number
}

export const engineDefaults: EngineOptions = {
  concurrency: 64,
  leaseMs: 20_000,
  pollMs: 5_000,
  slowAfterMs: 10_000,
}

export type HuntEngine = {
  start(): void
  /** Claims no more; calls under way may end within `graceMs`, then they are given up and their tasks freed. */
  stop(graceMs: number): Promise<void>
}

export type EngineParts = Omit<TaskParts, 'progress'> & {
  /** Does what a call to a tenant needs beforehand, such as getting a token. */
  prepare?: (claim: Claim, signal: AbortSignal) => Promise<void>
  store: EngineStore
  channel: HuntChannel
  log: { error(facts: object, message: string): void; warn(facts: object, message: string): void }
  options: EngineOptions
}

/** A claim of this process: being prepared, ready, called, or being written. */
type Held = {
  claim: Claim
  abort: AbortController
  since: number
  /** What preparing it failed with; the call then fails with it, too. */
  failed: unknown
  /** Once it was begun. */
  ended: Promise<void> | null
}

/** Why a call of ours is broken off. */
const gaveUp = {
  canceled: 'the hunt was canceled',
  lost: 'the claim was lost',
  stopping: 'the process stops',
}

/**
 * Works on hunts: claims due tasks, calls, writes what came. Any number of
 * processes do this on one database. Rows say everything; a process that is
 * killed leaves claims that others take over when their lease ends.
 */
export function createEngine(parts: EngineParts): HuntEngine {
  const { store, channel, log, options } = parts
  const worker = randomUUID()
  /** Claimed ahead, so that a place that becomes free is filled at once. */
  const ahead = Math.max(4, Math.ceil(options.concurrency / 3))
  const slowLimit = options.concurrency * 2

  const held = new Map<string, Held>()
  const preparing = new Set<Held>()
  const ready: Held[] = []
  /** Those that take a place. */
  const fast = new Set<Held>()
  /** Those that were slow and gave their place up. */
  const slow = new Set<Held>()
  const orders = new Map<string, Promise<HuntOrder | null>>()
  let state: 'idle' | 'working' | 'stopping' = 'idle'
  let claiming: Promise<void> | null = null
  let isDry = false
  let isWoken = false
  let timer: NodeJS.Timeout | undefined
  let lookAt = 0
  let tidiedAt = 0
  let renewal: NodeJS.Timeout | undefined
  let unlisten = (): void => {}

  const writer = createWriter(store, worker, announce)

  // Hunts change with each batch of outcomes; who watches needs no more than a few notices a second.
  const changed = new Map<string, boolean>()
  let announcing: Promise<void> | null = null
  async function announce(written: Settlement[]): Promise<void> {
    for (const { claim, outcome } of written) {
      const isLast = outcome.status === 'succeeded' || outcome.status === 'failed'
      changed.set(claim.huntId, (changed.get(claim.huntId) ?? false) || isLast)
    }
    announcing ??= sleep(50).then(async () => {
      const huntIds = [...changed.keys()]
      const perhapsOver = huntIds.filter(id => changed.get(id))
      changed.clear()
      announcing = null
      try {
        if (perhapsOver.length > 0) await store.finish(perhapsOver)
        await store.notifyChanged(huntIds)
      } catch (error) {
        // Looking now and then finds out, too.
        log.warn({ err: error }, 'hunts that changed were not announced')
      }
    })
  }

  function wake(): void {
    isDry = false
    isWoken = true
    fill()
  }

  /** Starts what is ready and claims more when little is left. */
  function fill(): void {
    while (state === 'working' && fast.size < options.concurrency) {
      const next = ready.shift()
      if (!next) break
      begin(next)
    }
    // Tokens that do not come hold up nobody else's.
    const now = Date.now()
    const young = [...preparing].filter(({ since }) => now - since < options.slowAfterMs).length
    const wanted = options.concurrency - fast.size + ahead - ready.length - young
    const isFull = preparing.size > slowLimit
    if (state !== 'working' || claiming || isDry || isFull || wanted <= ahead / 2) return
    claiming = claim(wanted).then(
      () => {
        claiming = null
        fill()
      },
      error => {
        claiming = null
        isDry = true
        schedule(1000)
        log.error({ err: error }, 'hunt tasks could not be claimed')
      },
    )
  }

  async function claim(wanted: number): Promise<void> {
    isWoken = false
    const claims = await store.claim(worker, wanted, options.leaseMs)
    for (const one of claims) void prepare(one)
    if (claims.length >= wanted || isWoken) return
    isDry = true
    schedule(Math.max(50, Math.min(options.pollMs, (await store.nextDueMs()) ?? options.pollMs)))
  }

  async function prepare(claim: Claim): Promise<void> {
    const one: Held = { claim, abort: new AbortController(), since: Date.now(), failed: null, ended: null }
    held.set(keyOf(claim), one)
    preparing.add(one)
    try {
      await parts.prepare?.(claim, one.abort.signal)
    } catch (error) {
      one.failed = error
    }
    preparing.delete(one)
    if (one.abort.signal.aborted) drop(one)
    else ready.push(one)
    fill()
  }

  function drop(one: Held): void {
    const key = keyOf(one.claim)
    if (held.get(key) === one) held.delete(key)
  }

  /** Looks again after so long, or earlier when that was planned already. */
  function schedule(ms: number): void {
    const at = Date.now() + ms
    if (timer && lookAt <= at) return
    clearTimeout(timer)
    lookAt = at
    timer = setTimeout(() => void look(), ms)
    timer.unref()
  }

  /** What nobody tells: tasks whose wait is over or whose tenant is free again, processes that died, deadlines. */
  async function look(): Promise<void> {
    timer = undefined
    if (state !== 'working') return
    if (Date.now() - tidiedAt >= options.pollMs) {
      tidiedAt = Date.now()
      try {
        await store.tidy(outOfTime())
      } catch (error) {
        // After the stop the connections are gone, and the next process tidies.
        if (state === 'working') log.error({ err: error }, 'hunts could not be tidied')
      }
    }
    schedule(options.pollMs)
    wake()
  }

  function begin(one: Held): void {
    fast.add(one)
    one.ended = run(one)
      .catch(error => {
        // The task's lease ends by itself; whoever takes it over tries again.
        const { huntId, tenantId } = one.claim
        log.error({ err: error, huntId, tenantId }, 'a hunt task was not settled')
      })
      .finally(() => drop(one))
  }

  async function run(one: Held): Promise<void> {
    const timeout = setTimeout(() => {
      if (slow.size >= slowLimit) return
      fast.delete(one)
      slow.add(one)
      fill()
    }, options.slowAfterMs)
    const leave = (): void => {
      clearTimeout(timeout)
      fast.delete(one)
      slow.delete(one)
    }
    try {
      const outcome = await outcomeOf(one)
      // The place is free once the answer is packed; writing it down happens beside the next call.
      await writer.room()
      leave()
      const written = outcome ? writer.write(one.claim, outcome) : null
      fill()
      await written
    } finally {
      leave()
      // Its tenant may be wanted by another hunt.
      if (isDry && state === 'working') schedule(100)
    }
  }

  async function outcomeOf({ claim, abort: { signal }, failed }: Held): Promise<Outcome | null> {
    const order = await orderOf(claim.huntId)
    if (!order) return null
    const progress = (own: Claim, outcome: Outcome) => writer.write(own, outcome)
    const hunt: RunHunt = failed ? () => Promise.reject(failed) : parts.hunt
    try {
      const outcome = await runTask({ ...parts, hunt, progress }, claim, order, signal)
      if (!signal.aborted) return outcome
    } catch (error) {
      if (!signal.aborted) {
        const { huntId, tenantId } = claim
        log.error({ err: error, huntId, tenantId }, 'a hunt task failed unexpectedly')
        return broken(claim)
      }
    }
    if (signal.reason !== gaveUp.stopping) return null
    await store.release(worker, [claim])
    return null
  }

  /** Query and deadline of a hunt never change: read once while it is worked on. */
  function orderOf(huntId: string): Promise<HuntOrder | null> {
    const known = orders.get(huntId)
    if (known) return known
    const order = store.order(huntId)
    orders.set(huntId, order)
    order.catch(() => orders.delete(huntId))
    if (orders.size > 200) orders.delete(orders.keys().next().value ?? '')
    return order
  }

  /** Prolongs leases in time, and finds claims that were lost or canceled without a notice. */
  async function watchClaims(): Promise<void> {
    if (held.size === 0) return
    try {
      const isDue = Date.now() - renewedAt > options.leaseMs / 3
      if (isDue) renewedAt = Date.now()
      const kept = isDue ? await store.renew(worker, options.leaseMs) : await store.held(worker)
      for (const { claim, abort } of held.values()) {
        const isOurs = kept.has(`${keyOf(claim)} ${claim.attempts}`)
        // Claimed or settled while the statement ran looks the same as lost; the next round tells.
        if (!isOurs && suspects.has(claim)) abort.abort(gaveUp.lost)
        else if (!isOurs) suspects.add(claim)
      }
    } catch (error) {
      log.warn({ err: error }, 'claims of hunt tasks could not be looked at')
    }
  }
  const suspects = new WeakSet<Claim>()
  let renewedAt = Date.now()

  function cancel(huntId: string): void {
    for (const one of held.values()) if (one.claim.huntId === huntId) one.abort.abort(gaveUp.canceled)
    for (const one of takeReady(({ claim }) => claim.huntId === huntId)) drop(one)
  }

  function takeReady(isTaken: (one: Held) => boolean): Held[] {
    const taken = ready.filter(isTaken)
    ready.splice(0, ready.length, ...ready.filter(one => !isTaken(one)))
    return taken
  }

  return {
    start() {
      if (state !== 'idle') return
      state = 'working'
      unlisten = channel.listen(notice => {
        if (notice.kind === 'canceled') cancel(notice.huntId)
        if (notice.kind === 'work') wake()
        if (notice.kind === 'missed') {
          void watchClaims()
          wake()
        }
      })
      renewal = setInterval(() => void watchClaims(), Math.min(1000, options.leaseMs / 4))
      renewal.unref()
      void look()
    },

    async stop(graceMs) {
      if (state !== 'working') return
      state = 'stopping'
      unlisten()
      clearTimeout(timer)
      await claiming
      const ends = () => Promise.allSettled([...held.values()].map(({ ended }) => ended))
      const notBegun = [...takeReady(() => true), ...preparing]
      for (const one of notBegun) {
        one.abort.abort(gaveUp.stopping)
        drop(one)
      }
      await store
        .release(
          worker,
          notBegun.map(({ claim }) => claim),
        )
        .catch(error => log.warn({ err: error }, 'claims stay until their lease ends'))
      await Promise.race([ends(), sleep(graceMs, undefined, { ref: false })])
      for (const { abort } of held.values()) abort.abort(gaveUp.stopping)
      await Promise.race([ends(), sleep(1000, undefined, { ref: false })])
      clearInterval(renewal)
      await writer.drained()
      await announcing
    },
  }
}

function outOfTime() {
  return namedFailure('timeout', {
    service: 'graph',
    message: 'The hunt’s time was over before this tenant was asked.',
    remedy: 'Run the hunt again for the tenants that are missing.',
  })
}

function broken(claim: Claim): Outcome {
  return {
    status: 'failed',
    rowCount: claim.rowCount,
    columns: claim.columns,
    slices: claim.slices,
    error: {
      ...namedFailure('bad_answer', {
        service: 'graph',
        message: 'The answer could not be handled; the log has the details.',
      }),
      permanent: true,
    },
    chunks: [],
  }
}
