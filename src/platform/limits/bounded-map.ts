/** What the map notes on its values. */
export type Used = { isUsed: boolean }

/**
 * A map that holds at most `limit` values: one that was not used lately makes
 * room. All operations are O(1), amortised.
 *
 * A read only marks its value ("second chance"). Moving it to the end of the
 * order, as a strict LRU does, made reads of a large map slower; a record
 * around each value would do the same.
 */
export class BoundedMap<K, V extends Used> {
  readonly #values = new Map<K, V>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get size(): number {
    return this.#values.size
  }

  /** Reading counts as use. */
  get(key: K): V | undefined {
    const value = this.#values.get(key)
    // Looked at first: writing costs more, and most values are marked already.
    if (value && !value.isUsed) value.isUsed = true
    return value
  }

  /** Reads without counting as use. */
  peek(key: K): V | undefined {
    return this.#values.get(key)
  }

  set(key: K, value: V): void {
    this.#values.delete(key)
    if (this.#values.size >= this.#limit) this.#makeRoom()
    this.#values.set(key, value)
  }

  delete(key: K): boolean {
    return this.#values.delete(key)
  }

  clear(): void {
    this.#values.clear()
  }

  #makeRoom(): void {
    // A Map keeps insertion order, and what is set again while it is walked comes up again at the end.
    for (const [key, value] of this.#values) {
      this.#values.delete(key)
      if (!value.isUsed) return
      value.isUsed = false
      this.#values.set(key, value)
    }
  }
}
