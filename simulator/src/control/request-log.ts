import type { Service } from './fault.ts'

export type RequestCount = {
  service: Service
  tenantId: string | null
  /** method and route pattern, e.g. `POST /:tenant/oauth2/v2.0/token` */
  path: string
  count: number
  /** requests that run now, and the most that ever ran at once */
  active: number
  peak: number
  /** milliseconds since the Unix epoch, by the machine's clock */
  firstAt: number
  lastAt: number
}

export type RequestFilter = { service?: Service; tenantId?: string; path?: string }

/** Counts requests by service, tenant and route, so that tests can say who called what how often. */
export class RequestLog {
  readonly #counts = new Map<string, RequestCount>()

  /** @returns what to call when the request is over */
  begin(service: Service, tenantId: string | undefined, path: string): () => void {
    const key = `${service} ${tenantId ?? ''} ${path}`
    const now = Date.now()
    const count = this.#counts.get(key) ?? {
      service,
      tenantId: tenantId ?? null,
      path,
      count: 0,
      active: 0,
      peak: 0,
      firstAt: now,
      lastAt: now,
    }
    this.#counts.set(key, count)
    count.count += 1
    count.active += 1
    count.peak = Math.max(count.peak, count.active)
    count.lastAt = now
    return () => {
      count.active -= 1
    }
  }

  /** @param filter `path` is a part of the counted path */
  list(filter: RequestFilter = {}): RequestCount[] {
    return [...this.#counts.values()]
      .filter(
        count =>
          (!filter.service || count.service === filter.service) &&
          (!filter.tenantId || count.tenantId === filter.tenantId.toLowerCase()) &&
          (!filter.path || count.path.includes(filter.path)),
      )
      .map(count => ({ ...count }))
  }

  /** Requests that run on keep their place only in the count that is dropped. */
  reset(): void {
    this.#counts.clear()
  }
}
