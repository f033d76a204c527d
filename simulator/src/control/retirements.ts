import type { Surface } from '../world.ts'

/**
 * How an API that is no longer served answers: `404` as a gateway that knows
 * no such path, `410` in the API's own error shape, `none` not at all, as a
 * name that leads nowhere.
 */
export const retiredAnswers = ['404', '410', 'none'] as const

export type Retirement = {
  surface: Extract<Surface, 'defender' | 'endpoint'>
  answer: (typeof retiredAnswers)[number]
  /** only requests to this host name; absent, to any */
  host?: string | undefined
  /** GUID; absent, for every tenant */
  tenantId?: string | undefined
}

/** The APIs that are no longer served, and where. */
export class Retirements {
  #all: Retirement[] = []

  add(retirement: Retirement): void {
    this.#all.push(retirement)
  }

  clear(): void {
    this.#all = []
  }

  /** @param host with or without a port, as the request names it */
  find(surface: string, host: string, tenantId: string | undefined): Retirement | undefined {
    const name = host.replace(/:\d+$/, '').toLowerCase()
    return this.#all.find(
      one =>
        one.surface === surface &&
        (one.host === undefined || one.host.toLowerCase() === name) &&
        (one.tenantId === undefined || one.tenantId === tenantId),
    )
  }
}

/** Which resource's token each host of the Defender for Endpoint API takes; its own unless told. */
export class EndpointAudiences {
  readonly #byHost = new Map<string, Surface>()

  set(host: string, surface: Surface): void {
    this.#byHost.set(host.toLowerCase(), surface)
  }

  of(host: string): Surface {
    return this.#byHost.get(host.replace(/:\d+$/, '').toLowerCase()) ?? 'endpoint'
  }
}
