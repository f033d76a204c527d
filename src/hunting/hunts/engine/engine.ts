import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { namedFailure } from '../../../remote/index.ts'
import type { HuntChannel } from '../channel.ts'
import { createAlarm } from './alarm.ts'
import { createAnnouncer } from './announcer.ts'
import { createClaimSupply, type PrepareClaim } from './claim-supply.ts'
import { createHeldClaims, gaveUp, type Held } from './held-claims.ts'
import { createLargeAnswers } from './large-answers.ts'
import type { EngineLog } from './log.ts'
import { createPerformClaim } from './perform-claim.ts'
import { createPlaces } from './places.ts'
import type { TaskParts } from './run-task.ts'
import type { EngineStore } from './store.ts'
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

export type EngineParts = Omit<TaskParts, 'progress' | 'large'> & {
  prepare?: PrepareClaim
  store: EngineStore
  channel: HuntChannel
  log: EngineLog
  options: EngineOptions
}

/**
 * Works on hunts: claims due tasks, calls, writes what came. Any number of
 * processes do this on one database. Rows say everything; a process that is
 * killed leaves claims that others take over when their lease ends.
 */
export function createEngine(parts: EngineParts): HuntEngine {
  const { store, channel, log, options, prepare } = parts
  const worker = randomUUID()
  const alarm = createAlarm(() => void look())
  const announcer = createAnnouncer(store, log)
  const writer = createWriter(store, worker, announcer.announce)
  const held = createHeldClaims({ store, worker, leaseMs: options.leaseMs, log })
  const places = createPlaces(options, fill)
  const supply = createClaimSupply({ store, worker, held, alarm, prepare, onChange: fill, log, options })
  const large = createLargeAnswers(options.concurrency / 2, fill)
  const perform = createPerformClaim({ ...parts, large, progress: writer.write })

  const running = new Set<Promise<void>>()
  let state: 'idle' | 'working' | 'stopping' = 'idle'
  let tidiedAt = 0
  let watching: NodeJS.Timeout | undefined
  let unlisten = (): void => {}

  /** Begins what is ready while there are places, and has more claimed. */
  function fill(): void {
    if (state !== 'working' || large.isCrowded()) return
    while (places.free() > 0) {
      const next = supply.take()
      if (!next) break
      const run = work(next).finally(() => running.delete(run))
      running.add(run)
    }
    supply.refill(places.free())
  }

  async function work(one: Held): Promise<void> {
    const leave = places.take()
    try {
      const outcome = await perform(one)
      // The place is free once the answer is packed; writing it down happens beside the next call.
      await writer.room()
      leave()
      if (outcome) await writer.write(one.claim, outcome)
      else if (one.abort.signal.reason === gaveUp.stopping) await store.release(worker, [one.claim])
    } catch (error) {
      // The task's lease ends by itself; whoever takes it over tries again.
      const { huntId, tenantId } = one.claim
      log.error({ err: error, huntId, tenantId }, 'a hunt task was not settled')
    } finally {
      leave()
      held.drop(one)
      // Its tenant may be wanted by another hunt.
      if (supply.isDry()) alarm.within(100)
    }
  }

  function wake(): void {
    supply.wake()
    fill()
  }

  /** What nobody tells: tasks whose wait is over or whose tenant is free again, processes that died, deadlines. */
  async function look(): Promise<void> {
    if (Date.now() - tidiedAt >= options.pollMs) {
      tidiedAt = Date.now()
      try {
        await store.tidy(outOfTime())
      } catch (error) {
        // After the stop the connections are gone, and the next process tidies.
        if (state === 'working') log.error({ err: error }, 'hunts could not be tidied')
      }
    }
    alarm.within(options.pollMs)
    wake()
  }

  /** What was claimed and not begun goes back at once. */
  async function giveBackRest(): Promise<void> {
    const rest = await supply.rest()
    for (const one of rest) {
      one.abort.abort(gaveUp.stopping)
      held.drop(one)
    }
    try {
      await store.release(
        worker,
        rest.map(({ claim }) => claim),
      )
    } catch (error) {
      log.warn({ err: error }, 'claims stay until their lease ends')
    }
  }

  return {
    start() {
      if (state !== 'idle') return
      state = 'working'
      unlisten = channel.listen(notice => {
        if (notice.kind === 'canceled') held.cancel(notice.huntId)
        if (notice.kind === 'missed') void held.watch()
        if (notice.kind === 'work' || notice.kind === 'missed') wake()
      })
      watching = setInterval(() => void held.watch(), Math.min(1000, options.leaseMs / 4))
      watching.unref()
      void look()
    },

    async stop(graceMs) {
      if (state !== 'working') return
      state = 'stopping'
      unlisten()
      alarm.stop()
      await giveBackRest()
      const ended = (ms: number) =>
        Promise.race([Promise.allSettled(running), sleep(ms, undefined, { ref: false })])
      await ended(graceMs)
      for (const { abort } of held.all()) abort.abort(gaveUp.stopping)
      await ended(1000)
      clearInterval(watching)
      await writer.drained()
      await announcer.drained()
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
