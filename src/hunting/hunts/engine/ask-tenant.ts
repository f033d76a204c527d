import { setTimeout as sleep } from 'node:timers/promises'
import type { HuntAnswer, HuntRequest } from '../../../defender/index.ts'
import { AppError, RemoteError, type RemoteFailure } from '../../../errors.ts'
import { namedFailure } from '../../../remote/index.ts'
import { BadAnswer } from '../../results/bad-answer.ts'
import type { LargeAnswers } from './large-answers.ts'
import type { PackedAnswer } from './pack-answer.ts'
import type { Packer } from './packer.ts'
import type { Span } from './task.ts'

/** Runs KQL in one tenant: `Defender.hunt`. */
export type RunHunt = (
  tenantId: string,
  roles: readonly string[],
  request: HuntRequest,
) => Promise<HuntAnswer>

export type TenantAnswer = { packed: PackedAnswer; surface: HuntAnswer['surface']; durationMs: number }
export type TenantReply = { answer: TenantAnswer } | { failure: RemoteFailure }

/** Microsoft ends a query after three minutes; the rest is the way there, the token and the answer's. */
const deadlineMs = 230_000

/** A turn further away than this is waited for without holding a place. */
const quotaWaitMs = 1_000

/**
 * Asks one tenant once. Waiting for a turn or after a 429 is the engine's, so
 * that it holds no place.
 *
 * @returns what came, packed, or the failure with its name
 * @throws what is a bug of ours
 */
export async function askTenant(
  { hunt, pack, large }: { hunt: RunHunt; pack: Packer['pack']; large: LargeAnswers },
  { tenantId, roles }: { tenantId: string; roles: readonly string[] },
  request: { query: string; timespan: string | null },
  signal: AbortSignal,
): Promise<TenantReply> {
  const seat = oneSeat(large)
  try {
    const { text, wire, surface, durationMs } = await hunt(tenantId, roles, {
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
    const failure = failureOf(error)
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

function failureOf(error: unknown): RemoteFailure | null {
  if (error instanceof RemoteError) return error.failure
  if (error instanceof BadAnswer)
    return namedFailure('bad_answer', { service: 'graph', message: error.message })
  if (error instanceof AppError && error.code === 'role_missing') {
    return namedFailure('role_missing', {
      service: 'graph',
      message: `${error.message}.`,
      ...(error.remedy ? { remedy: error.remedy } : {}),
    })
  }
  return null
}

/** A span as Graph takes it. Its end belongs to the span there, so it is given a tick (100 ns) earlier. */
export function timespanOf({ from, to }: Span): string {
  const lastMs = new Date(Date.parse(to) - 1).toISOString()
  return `${from}/${lastMs.slice(0, -1)}9999Z`
}
