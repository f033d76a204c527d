import { type Failure, RemoteError } from '../../errors.ts'
import { backoffMs } from '../../platform/limits/backoff.ts'
import { BoundedMap, type Used } from '../../platform/limits/bounded-map.ts'
import { createSemaphore } from '../../platform/limits/semaphore.ts'
import type { Surface } from '../clouds/clouds.ts'
import { isBlockedByMicrosoft } from '../failures/retryable.ts'
import { Token } from './token.ts'

const surfaces: readonly Surface[] = ['graph', 'defender', 'endpoint']

/** A token this close to its end may not outlive the request it is for. */
const lastMomentsSeconds = 30

/** Exchanges at once in all, and how many of them nobody waits for. */
const mintsAtOnce = 200
const refreshesAtOnce = 32

/** A refusal that only people can lift is not asked for again on each call. */
const permanentPauseSeconds = 15

/** Microsoft asks to send few requests to a tenant that it has blocked. Whoever checks the tenant asks past this. */
const blockedPauseSeconds = 6 * 3600

export type AcquireOptions = {
  /** Past the cache, and in place of what it holds. For proofs: an older token does not show new roles. */
  fresh?: boolean
  /** Ends the wait of this caller; others may wait for the same token. */
  signal?: AbortSignal
}

export type TokenCacheStats = {
  size: number
  hits: number
  misses: number
  /** Newer tokens fetched in the background. */
  refreshes: number
  failures: number
}

export type TokenCache = {
  /**
   * A valid token of our application for a surface in a tenant.
   *
   * @param tenantId GUID
   * @throws RemoteError that says why there is none and whose move it is
   */
  acquire(tenantId: string, surface: Surface, options?: AcquireOptions): Promise<Token>
  /** Forgets a tenant's tokens, of one surface or all: consent changed, or the tenant left. */
  drop(tenantId: string, surface?: Surface): void
  /** An API answered 401: the token is forgotten unless a newer one took its place. */
  rejected(token: Token): void
  dropAll(): void
  stats(): TokenCacheStats
}

/**
 * A token with what the cache notes on it. It is one object, and times are
 * whole seconds since the cache was made (small integers lie in the object
 * itself): each reference that a hit need not follow is felt among thousands
 * of tenants, whose objects lie far apart in memory.
 */
class KeptToken extends Token implements Used {
  isUsed = false
  /** The token's end without its last moments. */
  readonly servedUntil: number
  /** After a failed refresh this lies later than the token's own time. */
  refreshFrom: number
  failedRefreshes = 0

  constructor(token: Token, secondsAt: (time: Date) => number) {
    super(token.value, token)
    this.servedUntil = secondsAt(token.expiresAt) - lastMomentsSeconds
    this.refreshFrom = secondsAt(token.refreshAt)
  }
}

type Remembered = Used & { failure: Failure; until: number }

/**
 * Tokens in memory, keyed by tenant and surface; one cache serves one
 * registration in one cloud, and the key says so. A hit costs the same however
 * many tenants there are. Callers who want the same token share one exchange,
 * and a valid token is never withheld because a newer one could not be had.
 */
export function createTokenCache(options: {
  /** What all keys begin with: cloud and registration. */
  scope: string
  mint: (tenantId: string, surface: Surface) => Promise<Token>
  now: () => Date
  random?: () => number
  /** Tokens held at most; the one unused for longest makes room. */
  limit?: number
  onRefreshFailed?: (news: { tenantId: string; surface: Surface; failure: Failure }) => void
}): TokenCache {
  const { scope, mint, now, random = Math.random, limit = 50_000, onRefreshFailed } = options
  const entries = new BoundedMap<string, KeptToken>(limit)
  const refused = new BoundedMap<string, Remembered>(limit)
  const flights = new Map<string, Promise<Token>>()
  const minting = createSemaphore(mintsAtOnce)
  const counts = { hits: 0, misses: 0, refreshes: 0, failures: 0 }
  let refreshing = 0

  const madeAt = now().getTime()
  const secondsAt = (time: Date) => Math.floor((time.getTime() - madeAt) / 1000)
  const keyOf = (tenantId: string, surface: Surface) => `${scope}|${tenantId.toLowerCase()}|${surface}`

  /** Starts an exchange. Its token is kept unless, meanwhile, the tenant was dropped or a fresher exchange began. */
  function start(key: string, tenantId: string, surface: Surface): Promise<Token> {
    const flight: Promise<Token> = minting
      .run(() => mint(tenantId, surface))
      .then(
        minted => {
          const token = new KeptToken(minted, secondsAt)
          if (flights.get(key) === flight) {
            flights.delete(key)
            refused.delete(key)
            entries.set(inOnePiece(key), token)
          }
          return token
        },
        error => {
          counts.failures++
          if (flights.get(key) === flight) {
            flights.delete(key)
            remember(key, error)
          }
          throw error
        },
      )
    flights.set(key, flight)
    return flight
  }

  function remember(key: string, error: unknown): void {
    if (!(error instanceof RemoteError)) return
    const { failure } = error
    const usual = isBlockedByMicrosoft(failure)
      ? blockedPauseSeconds
      : failure.permanent
        ? permanentPauseSeconds
        : 0
    const pause = failure.retryAfterSeconds ?? usual
    if (pause > 0) refused.set(key, { failure, until: secondsAt(now()) + pause, isUsed: false })
  }

  function refresh(key: string, entry: KeptToken, tenantId: string, surface: Surface): void {
    if (flights.has(key) || refreshing >= refreshesAtOnce) return
    refreshing++
    start(key, tenantId, surface)
      .then(
        () => {
          counts.refreshes++
        },
        (error: unknown) => {
          entry.failedRefreshes++
          entry.refreshFrom = secondsAt(now()) + pauseAfter(error, entry.failedRefreshes, random)
          if (error instanceof RemoteError) onRefreshFailed?.({ tenantId, surface, failure: error.failure })
        },
      )
      .finally(() => {
        refreshing--
      })
  }

  async function acquire(tenantId: string, surface: Surface, wish: AcquireOptions = {}): Promise<Token> {
    const key = keyOf(tenantId, surface)
    if (wish.fresh) return waited(start(key, tenantId, surface), wish.signal)

    const at = secondsAt(now())
    const entry = entries.get(key)
    if (entry && at < entry.servedUntil) {
      counts.hits++
      if (at >= entry.refreshFrom) refresh(key, entry, tenantId, surface)
      return entry
    }
    counts.misses++
    return fetchToken(key, tenantId, surface, wish.signal)
  }

  /** @throws RemoteError unless a token that is at its end still lives */
  async function fetchToken(
    key: string,
    tenantId: string,
    surface: Surface,
    signal: AbortSignal | undefined,
  ) {
    const entry = entries.peek(key)
    try {
      const flight = flights.get(key)
      if (flight) return await waited(flight, signal)
      const at = secondsAt(now())
      const known = refused.get(key)
      if (known && at < known.until) throw still(known, at)
      return await waited(start(key, tenantId, surface), signal)
    } catch (error) {
      const isValid = entry && entries.peek(key) === entry && now().getTime() < entry.expiresAt.getTime()
      if (isValid && error instanceof RemoteError) return entry
      throw error
    }
  }

  function forget(key: string): void {
    entries.delete(key)
    refused.delete(key)
    // The exchange under way goes on for those who wait, but its token is not kept.
    flights.delete(key)
  }

  return {
    acquire,
    drop(tenantId, surface) {
      for (const one of surface ? [surface] : surfaces) forget(keyOf(tenantId, one))
    },
    rejected(token) {
      const key = keyOf(token.tenantId, token.surface)
      if (entries.peek(key) === token) entries.delete(key)
    },
    dropAll() {
      entries.clear()
      refused.clear()
      flights.clear()
    },
    stats: () => ({ size: entries.size, ...counts }),
  }
}

/** A text put together from pieces stays in pieces inside V8; a kept key is compared faster when it is one. */
function inOnePiece(key: string): string {
  return Buffer.from(key).toString()
}

/** The remembered refusal, with the time that is left of its pause. */
function still({ failure, until }: Remembered, at: number): RemoteError {
  return new RemoteError({
    ...failure,
    retryAfterSeconds: failure.retryAfterSeconds === null ? null : until - at,
  })
}

/** As the service says, else half a minute, doubled with each failure up to five minutes; spread by a quarter. */
function pauseAfter(error: unknown, failures: number, random: () => number): number {
  const told = error instanceof RemoteError ? error.failure.retryAfterSeconds : null
  const seconds = told ?? backoffMs(failures, { baseMs: 30_000, ceilingMs: 300_000 }) / 1000
  return Math.ceil(seconds * (1 + random() / 4))
}

/** Waits for a shared result until the caller gives up. */
async function waited(flight: Promise<Token>, signal: AbortSignal | undefined): Promise<Token> {
  if (!signal) return flight
  // Somebody else may be the last to look at it.
  flight.catch(() => undefined)
  signal.throwIfAborted()

  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = () => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([flight, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
