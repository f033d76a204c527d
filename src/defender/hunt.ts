import type { Surface } from '../clouds/clouds.ts'
import type { QuotaName } from '../remote/index.ts'
import type { CallSurface } from './call.ts'
import { chooseSurface, roleMissing } from './choose-surface.ts'

export type HuntRequest = {
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

/**
 * Runs a query in one tenant. One call, one answer: there is no paging.
 *
 * @param roles the tenant's granted roles
 * @throws AppError `role_missing`, also for a time span on a surface that takes none;
 *   RemoteError for what the service refused or did not answer
 * @see Microsoft Graph, "security: runHuntingQuery"; Defender XDR, "Advanced hunting API";
 *   Defender for Endpoint, "Advanced hunting API"
 */
export async function hunt(
  call: CallSurface,
  tenantId: string,
  roles: readonly string[],
  { query, timespan, signal, deadlineMs = defaultDeadlineMs, quotaWaitMs, attempts, onLarge }: HuntRequest,
): Promise<HuntAnswer> {
  const surface = chooseSurface(roles, 'hunting')
  const span = timespan && !/^P30D$/i.test(timespan) ? timespan : null
  if (span !== null && surface !== 'graph') {
    throw roleMissing(
      ['graph:ThreatHunting.Read.All'],
      'this tenant can be hunted in only through an older interface, which takes no time span',
    )
  }

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
  return {
    text: answer.text,
    wire: surface === 'graph' ? 'graph' : 'defender',
    surface,
    durationMs: answer.durationMs,
    requestId: answer.requestId,
  }
}
