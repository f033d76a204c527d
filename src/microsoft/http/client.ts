import { setTimeout as sleep } from 'node:timers/promises'
import { Agent } from 'undici'
import { type Failure, RemoteError } from '../../errors.ts'
import { withDeadline } from '../../platform/limits/deadline.ts'
import type { ChooseProxy } from '../../platform/proxy/choose-proxy.ts'
import { createConnector } from '../../platform/proxy/connector.ts'
import { namedFailure } from '../failures/named-failure.ts'
import { readFailure, requestIdOf } from '../failures/read-failure.ts'
import { isRetryable } from '../failures/retryable.ts'
import type { Quotas } from '../quota/quota.ts'
import { findProblem, isSuccess } from './answer.ts'
import { type CircuitOptions, createCircuits } from './circuit.ts'
import { createConcurrency } from './concurrency.ts'
import { type Gate, openGate, suspendedMeanwhile } from './gate.ts'
import { requestHeaders } from './request-headers.ts'
import { createRetryBudget, type RetryBudget, retryDelayMs } from './retry.ts'
import { type Outcome, send } from './send.ts'
import { readSocketError } from './socket-errors.ts'
import { triesAfterTimeout, withTimeoutWords } from './timeouts.ts'
import type { Remote, RemoteAnswer, RemoteCall } from './types.ts'

export type RemoteLog = { debug(fields: Record<string, unknown>, message: string): void }

export type RemoteOptions = {
  quotas: Quotas
  log?: RemoteLog
  /** Milliseconds since the epoch. */
  now?: () => number
  /** From 0 to 1, for jitter. */
  random?: () => number
  /** Which proxy leads to a service; the direct way unless told. */
  chooseProxy?: ChooseProxy
  circuit?: Partial<CircuitOptions>
  /** The kill switch; everything passes unless told. */
  gate?: Gate
  budget?: RetryBudget
  /** Calls of one tenant and quota at once, per process. */
  callsAtOnce?: number
  /** Bounds on what each call asks for itself, for whoever has less patience. */
  longest?: { timeoutMs?: number; deadlineMs?: number }
}

const defaults = { timeoutMs: 30_000, deadlineMs: 120_000, attempts: 4, maxBytes: 8 * 1024 * 1024 }

/**
 * The one way out: bounds, retries, quotas and circuits for every call.
 *
 * undici's Agent keeps a pool of connections per origin; pipelining is off, so
 * a slow answer holds up nobody else's.
 */
export function createRemote(options: RemoteOptions): Remote {
  const { quotas, log, now = Date.now, random = Math.random, longest = {}, gate = openGate } = options
  const agent = new Agent({
    connections: 256,
    pipelining: 1,
    keepAliveTimeout: 20_000,
    connect: createConnector({ chooseProxy: options.chooseProxy ?? (() => null), timeoutMs: 10_000 }),
  })
  const circuits = createCircuits(now, options.circuit)
  const budget = options.budget ?? createRetryBudget()
  const concurrency = createConcurrency(options.callsAtOnce ?? 4)

  type Tried = { answer: RemoteAnswer } | { failure: Failure; sent: boolean; cause: unknown }

  async function attempt(
    call: RemoteCall,
    headers: Record<string, string>,
    until: number,
    signal: AbortSignal,
  ): Promise<Tried> {
    const { tenantId, service, quota = 'none', isBackground = false } = call
    if (tenantId !== null) circuits.refuseOpen(tenantId, service)
    if (tenantId !== null && quota !== 'none')
      await quotas.take(
        { tenantId, name: quota, isBackground },
        signal,
        Math.min(until - now(), call.quotaWaitMs ?? Number.POSITIVE_INFINITY),
      )
    const leave =
      tenantId === null
        ? null
        : await concurrency.enter(`${quota === 'none' ? service : quota} ${tenantId}`, signal)
    try {
      if (tenantId !== null) circuits.admit(tenantId, service)
      const startedAt = now()
      const outcome = await send(
        agent,
        { ...call, headers },
        {
          timeoutMs: Math.min(
            call.timeoutMs ?? defaults.timeoutMs,
            longest.timeoutMs ?? Number.POSITIVE_INFINITY,
          ),
          maxBytes: call.maxBytes ?? defaults.maxBytes,
          signal,
        },
      )
      return judge(call, headers, outcome, startedAt)
    } finally {
      leave?.()
    }
  }

  function judge(
    call: RemoteCall,
    headers: Record<string, string>,
    outcome: Outcome,
    startedAt: number,
  ): Tried {
    const durationMs = now() - startedAt
    const problem = outcome.kind === 'answer' ? findProblem(outcome.answer, call.expect ?? 'json') : null
    if (outcome.kind === 'answer' && problem === null && isSuccess(outcome.answer.status)) {
      const requestId = requestIdOf(outcome.answer.headers) ?? headers['client-request-id'] ?? null
      return { answer: { ...outcome.answer, requestId, durationMs } }
    }

    const seen = {
      service: call.service,
      place: call.place,
      path: call.url.pathname,
      clientRequestId: headers['client-request-id'],
      at: new Date(now()),
    }
    if (outcome.kind === 'thrown') {
      const failure = call.signal?.aborted
        ? stopped(call, true)
        : readFailure({ ...seen, thrown: outcome.thrown })
      return { failure, sent: readSocketError(outcome.thrown).sent, cause: outcome.thrown }
    }
    if (outcome.kind === 'too_large') {
      const { status, headers: received } = outcome
      return {
        failure: readFailure({ ...seen, status, headers: received, problem: 'too_large' }),
        sent: true,
        cause: undefined,
      }
    }
    const { status, headers: received, text } = outcome.answer
    const failure = readFailure({
      ...seen,
      status,
      headers: received,
      body: text,
      problem: problem ?? undefined,
    })
    return { failure, sent: true, cause: undefined }
  }

  /** Milliseconds until the next try; null when there must be none. */
  function nextTry(
    call: RemoteCall,
    tries: number,
    tried: { failure: Failure; sent: boolean },
    until: number,
  ): number | null {
    const { failure, sent } = tried
    if (tries >= (call.attempts ?? defaults.attempts) || !isRetryable(failure)) return null
    if (failure.code === 'timeout' && tries >= triesAfterTimeout(call, sent)) return null
    const isWrite = call.write ?? (call.method === 'PATCH' || call.method === 'DELETE')
    if (isWrite && sent && failure.status !== 429) return null

    const delayMs = retryDelayMs(failure, tries, random())
    if (now() + delayMs >= until) return null
    // Coming back when the service said so is no burden; guessing is, and an outage must not multiply it.
    return failure.retryAfterSeconds !== null || budget.spend() ? delayMs : null
  }

  async function outcomeOf(call: RemoteCall, until: number, signal: AbortSignal): Promise<RemoteAnswer> {
    const headers = requestHeaders(call)
    for (let tries = 1; ; tries += 1) {
      const tried = await attempt(call, headers, until, signal)
      await report(call, tried, tries)
      if ('answer' in tried) return tried.answer

      const delayMs = nextTry(call, tries, tried, until)
      if (delayMs === null) {
        throw new RemoteError(withTimeoutWords(tried.failure, call, tried.sent), tried.cause)
      }
      await sleep(delayMs, undefined, { signal })
    }
  }

  async function report(call: RemoteCall, tried: Tried, tries: number): Promise<void> {
    const { service, tenantId, method, quota = 'none' } = call
    const told = { service, tenantId, method, path: call.url.pathname, tries }
    if ('answer' in tried) {
      const { status, requestId, durationMs } = tried.answer
      if (tenantId !== null) circuits.succeeded(tenantId, service)
      log?.debug({ ...told, status, requestId, durationMs }, 'remote call answered')
      return
    }
    const { failure } = tried
    if (tenantId !== null) circuits.failed(tenantId, service, failure)
    if (tenantId !== null && failure.status === 429) {
      await quotas.penalize({ tenantId, name: quota }, failure.retryAfterSeconds ?? 1)
    }
    log?.debug(
      { ...told, status: failure.status, code: failure.code, requestId: failure.requestId },
      'remote call failed',
    )
  }

  return {
    call: asked =>
      gate.run(asked, async signal => {
        const call = signal ? { ...asked, signal } : asked
        return await bounded(call)
      }),

    openCircuits: () => circuits.countOpen(),

    close() {
      return agent.close()
    },
  }

  async function bounded(call: RemoteCall): Promise<RemoteAnswer> {
    budget.earn()
    const deadlineMs = Math.min(
      call.deadlineMs ?? defaults.deadlineMs,
      longest.deadlineMs ?? Number.POSITIVE_INFINITY,
    )
    const limits = { signal: call.signal, timeoutMs: deadlineMs, late: 'deadline' }
    return await withDeadline(limits, async signal => {
      try {
        return await outcomeOf(call, now() + deadlineMs, signal)
      } catch (error) {
        // Waiting for a turn, a place or a retry ends by the deadline or by the caller; sending never throws bare.
        if (error instanceof RemoteError || !signal.aborted) throw error
        throw new RemoteError(
          call.signal?.aborted ? stopped(call, false) : outOfTime(call, deadlineMs),
          error,
        )
      }
    })
  }
}

/** @param sent whether the request may have reached the service */
function stopped(call: RemoteCall, sent: boolean): Failure {
  const suspended = suspendedMeanwhile(call.signal, sent)?.failure
  return suspended
    ? { ...suspended, service: call.service }
    : namedFailure('canceled', { service: call.service })
}

function outOfTime(call: RemoteCall, deadlineMs: number): Failure {
  return namedFailure('timeout', {
    service: call.service,
    message: `The call and its retries did not end within ${Math.round(deadlineMs / 1000)} s.`,
  })
}
