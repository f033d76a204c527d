const anyTenant = '*'

/** Things that were arranged for the next time, in a certain tenant or in any; taken in order. */
export class OnceList<T> {
  readonly #waiting = new Map<string, T[]>()

  put(value: T, tenantId = anyTenant): void {
    this.#waiting.set(tenantId, [...(this.#waiting.get(tenantId) ?? []), value])
  }

  take(tenantId = anyTenant): T | undefined {
    for (const key of [tenantId, anyTenant]) {
      const next = this.#waiting.get(key)?.shift()
      if (next !== undefined) return next
    }
    return undefined
  }
}
