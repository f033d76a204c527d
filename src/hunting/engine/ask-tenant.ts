import { setTimeout as sleep } from 'node:timers/promises'
import { type Failure, RemoteError } from '../../errors.ts'
import type { HuntAnswer, HuntCall } from '../../microsoft/defender/index.ts'
import { namedFailure } from '../../microsoft/http/index.ts'
import { createSemaphore, type Semaphore } from '../../platform/limits/semaphore.ts'
import { BadAnswer } from '../results/answer/bad-answer.ts'
import type { PackedAnswer } from './packing/pack-answer.ts'
import type { Packer } from './packing/packer.ts'

/** Runs KQL in the tenant that it was made for. */
export type AskTenant = (request: HuntCall) => Promise<HuntAnswer>

export type TenantAnswer = { packed: PackedAnswer; surface: HuntAnswer['surface']; durationMs: number }
export type TenantReply = { answer: TenantAnswer } | { failure: Failure }

/** Microsoft ends a query after three minutes; the rest is the way there, the token and the answer's. */
const deadlineMs = 230_000

/** A turn further away than this is waited for without holding a slot. */
const quotaWaitMs = 1_000

/**
 * Asks one tenant once. Waiting for a turn or after a 429 is the engine's, so
 * that it holds no slot.
 *
 * @returns what came, packed, or the failure with its name
 * @throws what is a bug of ours
 */
export async function askOnce(
  ask: AskTenant,
  { pack, large }: { pack: Packer['pack']; large: LargeAnswers },
  request: { query: string; timespan: string | null },
  signal: AbortSignal,
): Promise<TenantReply> {
  const seat = oneSeat(large)
  try {
    const { text, wire, surface, durationMs } = await ask({
      ...request,
      signal,
      deadlineMs,
      quotaWaitMs,
      attempts: 1,
      onLarge: seat.take,
    })
    // Many answers at once must not keep everything else in this process waiting.
    await sleep(0)
    return { answer: { packed: await pack(text, wire), surface, durationMs } }
  } catch (error) {
    const failure = failureOfAnswer(error)
    if (!failure) throw error
    return { failure }
  } finally {
    seat.leave()
  }
}

/** The seat of one call, which may be over before its turn comes. */
function oneSeat(large: LargeAnswers): { take(signal: AbortSignal): Promise<void>; leave(): void } {
  let isOver = false
  let giveBack = (): void => {}
  return {
    async take(signal) {
      giveBack = await large.enter(signal)
      if (isOver) giveBack()
    },
    leave() {
      isOver = true
      giveBack()
    },
  }
}

function failureOfAnswer(error: unknown): Failure | null {
  if (error instanceof BadAnswer)
    return namedFailure('bad_answer', { service: 'graph', message: error.message })
  return error instanceof RemoteError ? error.failure : null
}

/**
 * Bounds how many answers beyond a megabyte are in memory. One takes several
 * times its size while it is read and packed (50 MB on the wire: about 200 MB);
 * the others wait unread, on the other side of their connection.
 */
export type LargeAnswers = Pick<Semaphore, 'enter'> & {
  /** Whether so many wait that no more calls should be begun. */
  isCrowded(): boolean
}

const mostInMemory = 4

/**
 * @param mostWaiting more than these make a crowd
 * @param onLess hears when fewer wait or are in memory
 */
export function createLargeAnswers(mostWaiting: number, onLess: () => void): LargeAnswers {
  const semaphore = createSemaphore(mostInMemory, onLess)
  return { enter: semaphore.enter, isCrowded: () => semaphore.waiting() > mostWaiting }
}
