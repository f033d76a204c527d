import { refuse } from './refusal.ts'
import type { Caller, HuntingLimits, Quota, Surface } from './world.ts'

type Rate = { calls: number; seconds: number }

const minute = (calls: number): Rate => ({ calls, seconds: 60 })
const hour = (calls: number): Rate => ({ calls, seconds: 3600 })

/**
 * Published rates for one tenant and app.
 *
 * @see Microsoft Graph throttling limits; Defender API terms and limits
 */
const rates: Record<Surface, Partial<Record<Quota, Rate[]>>> = {
  graph: { hunting: [minute(45)], incidents: [minute(150)], alerts: [minute(150)] },
  defender: { hunting: [minute(45)], incidents: [minute(50), hour(1500)] },
  endpoint: {
    hunting: [minute(45), hour(1500)],
    alerts: [minute(100), hour(1500)],
    devices: [minute(100), hour(1500)],
    'batch-update': [minute(10), hour(500)],
    'package-uri': [minute(2), hour(120)],
    investigation: [hour(50)],
  },
}

/**
 * What one hunting query may take and give.
 *
 * @see Graph runHuntingQuery; Defender XDR, "Advanced hunting quotas"; Defender for Endpoint, "Advanced hunting API"
 */
export function publishedHuntingLimits(surface: Surface): HuntingLimits {
  return { rows: 100_000, bytes: 50 * 1024 * 1024, seconds: surface === 'endpoint' ? 200 : 180 }
}

type Window = { startedAt: number; calls: number }

/** Windows are dropped together once they can no longer matter, so that tenants do not add up. */
const sweepAbove = 50_000

/** Counts calls per tenant and refuses those beyond the published rates. */
export class Quotas {
  isEnabled = true
  /** multiplies every rate, to make tests and loads short */
  scale = 1
  readonly #windows = new Map<string, Window>()
  readonly #now: () => Date

  constructor(now: () => Date) {
    this.#now = now
  }

  reset(): void {
    this.#windows.clear()
  }

  /** @throws ApiRefusal 429 in the surface's shape, with the time to wait */
  take(caller: Caller, surface: Surface, quota: Quota, destination = ''): void {
    if (!this.isEnabled) return
    // Only the endpoint surface keeps its rates for each call.
    const call = surface === 'endpoint' ? `${quota} ${destination}` : quota
    const limits = rates[surface][quota] ?? []
    const now = this.#now().getTime()
    const windows = limits.map(rate => {
      const key = `${caller.tenantId} ${surface} ${call} ${rate.seconds}`
      return {
        rate,
        window: this.#window(key, rate, now),
        allowed: Math.max(1, Math.floor(rate.calls * this.scale)),
      }
    })
    const spent = windows.find(({ window, allowed }) => window.calls >= allowed)
    if (spent) {
      const waitMs = spent.window.startedAt + spent.rate.seconds * 1000 - now
      throw quotaRefusal(caller, surface, {
        allowed: spent.allowed,
        windowSeconds: spent.rate.seconds,
        waitSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
        now: this.#now(),
        isHunting: quota === 'hunting',
      })
    }
    for (const { window } of windows) window.calls += 1
  }

  #window(key: string, rate: Rate, now: number): Window {
    const current = this.#windows.get(key)
    if (current && now < current.startedAt + rate.seconds * 1000) return current
    if (this.#windows.size > sweepAbove) this.#sweep(now)
    const opened = { startedAt: now, calls: 0 }
    this.#windows.set(key, opened)
    return opened
  }

  #sweep(now: number): void {
    for (const [key, { startedAt }] of this.#windows) {
      if (now > startedAt + 3_600_000) this.#windows.delete(key)
    }
  }
}

export type Spent = {
  allowed: number
  windowSeconds: number
  waitSeconds: number
  now: Date
  isHunting: boolean
}

/** The 429 of a surface: Graph by header, Endpoint by text and header, XDR by text alone. */
export function quotaRefusal(
  caller: { tenantId: string; requestId: string },
  surface: Surface,
  spent: Spent,
) {
  const { allowed, windowSeconds, waitSeconds, now } = spent
  const retryAfter = { 'retry-after': String(waitSeconds) }
  if (surface === 'graph') {
    return refuse('graph', {
      status: 429,
      code: 'TooManyRequests',
      message: spent.isHunting
        ? `You have exceeded the number of hunting calls allowed: ${allowed} per minute. Please retry again later.`
        : 'Please retry again later.',
      requestId: caller.requestId,
      now,
      headers: retryAfter,
      inner: { code: '429', message: 'Please retry after', status: '429' },
    })
  }
  const per = windowSeconds === 60 ? '00:01:00' : '01:00:00'
  return refuse(surface, {
    status: 429,
    code: '429',
    message:
      `API calls quota exceeded! Maximum allowed ${allowed} per ${per} for the key ` +
      `Destination+TenantID+AppID. You can send requests again in ${waitSeconds} seconds.`,
    // Throttling answers name the tenant where others name the request.
    requestId: caller.tenantId,
    now,
    headers: surface === 'endpoint' ? retryAfter : {},
  })
}
