import type { Service } from './fault.ts'

export type Latency = { ms: number; service?: Service; tenantId?: string }

/** How long answers take: by tenant, by service, or for all; the most exact setting counts. */
export class Latencies {
  readonly #settings = new Map<string, number>()

  set({ ms, service, tenantId }: Latency): void {
    this.#settings.set(`${service ?? '*'} ${tenantId?.toLowerCase() ?? '*'}`, ms)
  }

  of(service: Service, tenantId: string | undefined): number {
    if (this.#settings.size === 0) return 0
    return (
      this.#settings.get(`${service} ${tenantId ?? ''}`) ??
      this.#settings.get(`* ${tenantId ?? ''}`) ??
      this.#settings.get(`${service} *`) ??
      this.#settings.get('* *') ??
      0
    )
  }
}
