/** Keeps what was used last, up to a weight in all; what is older is forgotten and made again when asked. */
export class WeightedCache<T> {
  readonly #entries = new Map<string, { value: T; weight: number }>()
  readonly #capacity: number
  #weight = 0

  /** @param capacity the sum of weights that is kept, in whatever unit the caller weighs */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** @param make called when the key is not there: the value and its weight */
  get(key: string, make: () => { value: T; weight: number }): T {
    const found = this.#entries.get(key)
    if (found) {
      // Map keeps insertion order: the first entry is always the one used longest ago.
      this.#entries.delete(key)
      this.#entries.set(key, found)
      return found.value
    }
    const made = make()
    this.#entries.set(key, made)
    this.#weight += made.weight
    for (const [oldKey, old] of this.#entries) {
      if (this.#weight <= this.#capacity || oldKey === key) break
      this.#entries.delete(oldKey)
      this.#weight -= old.weight
    }
    return made.value
  }
}
