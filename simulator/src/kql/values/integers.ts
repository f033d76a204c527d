/** An int64 as this engine keeps it: a number when it is safe, else a bigint; out of range it wraps around. */
export function toLong(value: bigint): number | bigint {
  const wrapped = BigInt.asIntN(64, value)
  const number = Number(wrapped)
  return Number.isSafeInteger(number) ? number : wrapped
}

/** The bigint of a long. */
export function bigOf(value: number | bigint): bigint {
  return typeof value === 'bigint' ? value : BigInt(value)
}

/** A real cut to an integer; null when it is not finite or beyond an int64. */
export function truncateToLong(value: number): number | bigint | null {
  const cut = Math.trunc(value)
  if (Number.isSafeInteger(cut)) return cut === 0 ? 0 : cut
  if (!Number.isFinite(cut) || Math.abs(cut) >= 2 ** 63) return null
  return toLong(BigInt(cut))
}

export function addLongs(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (Number.isSafeInteger(sum)) return sum
  }
  return toLong(bigOf(a) + bigOf(b))
}

export function subtractLongs(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (Number.isSafeInteger(difference)) return difference
  }
  return toLong(bigOf(a) - bigOf(b))
}

export function multiplyLongs(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b
    if (Number.isSafeInteger(product)) return product === 0 ? 0 : product
  }
  return toLong(bigOf(a) * bigOf(b))
}

/** Division that truncates toward zero; null when the divisor is zero. */
export function divideLongs(a: number | bigint, b: number | bigint): number | bigint | null {
  const divisor = bigOf(b)
  if (divisor === 0n) return null
  if (typeof a === 'number' && typeof b === 'number') return Math.trunc(a / b) + 0
  return toLong(bigOf(a) / divisor)
}

/**
 * The remainder, which in this language is never negative: 0 <= (n % d) < abs(d).
 *
 * @see "Numerical operators", comment about the modulo operator
 */
export function remainderOfLongs(a: number | bigint, b: number | bigint): number | bigint | null {
  const divisor = bigOf(b)
  if (divisor === 0n) return null
  const remainder = bigOf(a) % divisor
  return toLong(remainder < 0n ? remainder + (divisor < 0n ? -divisor : divisor) : remainder)
}

/** Orders two numbers of either representation; NaN comes before every other number. */
export function compareNumbers(a: number | bigint, b: number | bigint): number {
  if (a < b) return -1
  if (a > b) return 1
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : -1
  return Number.isNaN(b) ? 1 : 0
}
