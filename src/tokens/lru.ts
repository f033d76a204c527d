/** A map that holds at most `limit` entries: the one unused for longest makes room. All operations are O(1). */
export class Lru<K, V> {
  readonly #entries = new Map<K, V>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#entries.size
  }

  /** Reading counts as use. */
  get(key: K): V | undefined {
    const value = this.#entries.get(key)
    if (value !== undefined) {
      // A Map keeps insertion order, so the first key is always the stalest.
      this.#entries.delete(key)
      this.#entries.set(key, value)
    }
    return value
  }

  /** Reads without counting as use. */
  peek(key: K): V | undefined {
    return this.#entries.get(key)
  }

  set(key: K, value: V): void {
    this.#entries.delete(key)
    if (this.#entries.size >= this.#limit) {
      const stalest = this.#entries.keys().next()
      if (!stalest.done) this.#entries.delete(stalest.value)
    }
    this.#entries.set(key, value)
  }

  delete(key: K): boolean {
    return this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}
