import { LRUCache } from 'lru-cache'
import { type Failure, RemoteError, type RemoteService } from '../../errors.ts'
import { namedFailure } from '../failures/named-failure.ts'
import { isServiceTrouble } from '../failures/retryable.ts'

export type CircuitOptions = {
  /** Failures in a row that open a circuit. */
  threshold: number
  /** First pause; doubled by each probe that fails. */
  pauseMs: number
  longestPauseMs: number
  /** Circuits remembered; beyond, the oldest is forgotten, which closes it. */
  most: number
}

const defaults: CircuitOptions = { threshold: 6, pauseMs: 15_000, longestPauseMs: 300_000, most: 20_000 }

/** One circuit per key (a tenant) and service: a tenant whose service is dead costs nothing until a probe gets through. */
export type Circuits = {
  /** Asks early, before anything is spent on the call. @throws RemoteError `circuit_open`, with the seconds until the next probe */
  refuseOpen(key: string, service: RemoteService): void
  /**
   * Asks right before sending. When a probe is due, the caller becomes it.
   *
   * @throws RemoteError `circuit_open`
   */
  admit(key: string, service: RemoteService): void
  succeeded(key: string, service: RemoteService): void
  failed(key: string, service: RemoteService, failure: Failure): void
  /** How many are open by service; a probe that is due does not close one. */
  countOpen(): Map<RemoteService, number>
}

type Circuit = { service: RemoteService; failures: number; openUntil: number; pauseMs: number; last: Failure }

/** @param now milliseconds since the epoch */
export function createCircuits(now: () => number, options: Partial<CircuitOptions> = {}): Circuits {
  const { threshold, pauseMs, longestPauseMs, most } = { ...defaults, ...options }
  // Holds troubled circuits only: while all is well it is empty.
  const troubled = new LRUCache<string, Circuit>({ max: most })

  function openCircuit(key: string, service: RemoteService): Circuit | null {
    if (troubled.size === 0) return null
    const circuit = troubled.get(idOf(key, service))
    if (!circuit || circuit.failures < threshold) return null
    const waitMs = circuit.openUntil - now()
    if (waitMs > 0) throw refusal(service, circuit, waitMs)
    return circuit
  }

  return {
    refuseOpen(key, service) {
      openCircuit(key, service)
    },

    admit(key, service) {
      const circuit = openCircuit(key, service)
      if (!circuit) return
      // This caller is the probe; the others keep waiting until it reports, or until a probe that never does is given up.
      circuit.openUntil = now() + circuit.pauseMs
    },

    succeeded(key, service) {
      if (troubled.size > 0) troubled.delete(idOf(key, service))
    },

    failed(key, service, failure) {
      const id = idOf(key, service)
      const circuit = troubled.get(id)
      if (!isServiceTrouble(failure)) {
        // Throttling, our own limits and cancellation say nothing about the service; any other answer shows that it lives.
        if (circuit && failure.status !== null && failure.code !== 'throttled') troubled.delete(id)
        return
      }

      const failures = (circuit?.failures ?? 0) + 1
      const probed = circuit !== undefined && circuit.failures >= threshold
      const pause = probed ? Math.min(longestPauseMs, circuit.pauseMs * 2) : (circuit?.pauseMs ?? pauseMs)
      troubled.set(id, {
        service,
        failures,
        pauseMs: pause,
        openUntil: failures >= threshold ? now() + pause : 0,
        last: failure,
      })
    },

    countOpen() {
      const open = new Map<RemoteService, number>()
      for (const { service, failures } of troubled.values()) {
        if (failures >= threshold) open.set(service, (open.get(service) ?? 0) + 1)
      }
      return open
    },
  }
}

function refusal(service: RemoteService, circuit: Circuit, waitMs: number): RemoteError {
  const retryAfterSeconds = Math.ceil(waitMs / 1000)
  return new RemoteError(
    namedFailure('circuit_open', {
      service,
      message: `Calls are held back for ${retryAfterSeconds} s after ${circuit.failures} failures in a row; the last one: ${circuit.last.message}`,
      serviceCode: circuit.last.code,
      requestId: circuit.last.requestId,
      retryAfterSeconds,
    }),
  )
}

function idOf(key: string, service: RemoteService): string {
  return `${service} ${key}`
}
