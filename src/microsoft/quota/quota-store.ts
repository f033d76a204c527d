import type { Rate } from './quota-rates.ts'

export type Ask = {
  key: string
  /** Tokens to take; negative gives tokens back. */
  count: number
}

/**
 * Where the buckets stand. Taking never fails: a bucket goes below zero, which
 * reserves a turn, and the depth says how long to wait for it.
 */
export type QuotaStore = {
  /**
   * Takes tokens from several buckets of one rate; no key twice.
   *
   * @returns tokens left in each bucket, in the order asked; below zero: that many must refill first
   */
  take(rate: Rate, asks: Ask[]): Promise<number[]>
  /** Empties a bucket so that one token is there again in `seconds`; a bucket that is emptier stays so. */
  drain(rate: Rate, key: string, seconds: number): Promise<void>
}
