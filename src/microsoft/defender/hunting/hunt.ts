import { RemoteError } from '../../../errors.ts'
import type { Surface } from '../../clouds/clouds.ts'
import { roleMissing } from '../../failures/role-missing.ts'
import type { QuotaName } from '../../http/index.ts'
import type { CallDeps, CallSurface } from '../call.ts'
import { chooseSurface } from '../choose-surface.ts'

export type HuntCall = {
  /** KQL, sent as it is. */
  query: string
  /**
   * ISO 8601: `P7D`, `PT1H`, `start/end`, … Default 30 days, which is also the
   * most that is kept. When the query filters on time too, the shorter one wins.
   */
  timespan?: string | null
  signal?: AbortSignal
  /** For the call with its waits and retries; default 6 minutes. */
  deadlineMs?: number
  /** A turn within the tenant's rate that is further away fails at once as `quota_exhausted`. */
  quotaWaitMs?: number
  /** Tries in all; default 4. */
  attempts?: number
  /** Called once when the answer turns out to be larger than 1 MB: the rest is read when it resolves. */
  onLarge?: (signal: AbortSignal) => Promise<void>
}

export type HuntAnswer = {
  /** The body as received; `readHuntingAnswer` reads it. */
  text: string
  /** Whose envelope the text has. */
  wire: 'graph' | 'defender'
  surface: Surface
  /** The service's own time, without waiting for quota. */
  durationMs: number
  requestId: string | null
}

/** Microsoft ends a query after three minutes; the rest is the way. */
const queryTimeoutMs = 200_000
const defaultDeadlineMs = 360_000

/** Graph promises 50 MB, Defender for Endpoint's older page 124 MB; JSON escapes come on top. */
const largestAnswer = 160 * 1024 * 1024

const routes: Record<Surface, { path: string; quota: QuotaName }> = {
  graph: { path: '/v1.0/security/runHuntingQuery', quota: 'graph-hunting' },
  defender: { path: '/api/advancedhunting/run', quota: 'defender-hunting' },
  endpoint: { path: '/api/advancedqueries/run', quota: 'endpoint-hunting' },
}

/** Advanced hunting in one tenant. `roles`: the tenant's granted roles; they decide which surface is asked. */
export type Hunting = {
  /**
   * Runs a query. One call, one answer: there is no paging.
   *
   * @throws RemoteError `role_missing`, also for a time span on a surface that takes none, and for what the service refused or did not answer
   */
  hunt(tenantId: string, roles: readonly string[], request: HuntCall): Promise<HuntAnswer>
  /**
   * Gets the token that a hunt will need, so that the hunt begins at once. A
   * failure is reported as that of a call would be, since no call follows it.
   *
   * @throws RemoteError `role_missing`, or why there is no token to be had
   */
  prepareHunt(tenantId: string, roles: readonly string[], signal?: AbortSignal): Promise<void>
}

/**
 * @see Microsoft Graph, "security: runHuntingQuery"; Defender XDR, "Advanced hunting API";
 *   Defender for Endpoint, "Advanced hunting API"
 */
export function createHuntCalls(
  call: CallSurface,
  { tokens, onOutcome = () => {} }: Pick<CallDeps, 'tokens' | 'onOutcome'>,
): Hunting {
  return {
    async prepareHunt(tenantId, roles, signal) {
      const surface = chooseSurface(roles, 'hunting')
      try {
        await tokens.acquire(tenantId, surface, signal ? { signal } : {})
      } catch (error) {
        if (error instanceof RemoteError) onOutcome(tenantId, surface, error.failure)
        throw error
      }
    },

    async hunt(tenantId, roles, request) {
      const surface = chooseSurface(roles, 'hunting')
      const { query, signal, deadlineMs = defaultDeadlineMs, quotaWaitMs, attempts, onLarge } = request
      const span = spanFor(surface, request.timespan)
      const answer = await call({
        tenantId,
        surface,
        method: 'POST',
        path: routes[surface].path,
        body: { Query: query, ...(span === null ? {} : { Timespan: span }) },
        write: false,
        quota: routes[surface].quota,
        timeoutMs: queryTimeoutMs,
        deadlineMs,
        maxBytes: largestAnswer,
        // Whoever reads the rows parses them, exactly and once.
        expect: 'json-later',
        ...(quotaWaitMs === undefined ? {} : { quotaWaitMs }),
        ...(attempts === undefined ? {} : { attempts }),
        ...(onLarge ? { onLarge } : {}),
        ...(signal ? { signal } : {}),
      })
      const { text, durationMs, requestId } = answer
      return { text, wire: surface === 'graph' ? 'graph' : 'defender', surface, durationMs, requestId }
    },
  }
}

/** @throws RemoteError `role_missing` where only an older interface is open, which takes no time span */
function spanFor(surface: Surface, timespan: string | null | undefined): string | null {
  const span = timespan && !/^P30D$/i.test(timespan) ? timespan : null
  if (span === null || surface === 'graph') return span
  throw roleMissing(
    ['graph:ThreatHunting.Read.All'],
    'This tenant can be hunted in only through an older interface, which takes no time span',
  )
}
