import type { Scalar } from '../types.ts'
import { converted } from '../values/convert.ts'
import { derived } from './make.ts'
import { regexOf } from './regex.ts'
import { hasTerm } from './terms.ts'

type Test = (text: string, wanted: string) => boolean
type Family = { ignoresCase: boolean; test: Test }

const whole = { start: true, end: true }
const prefix = { start: true, end: false }
const suffix = { start: false, end: true }

const families: Record<string, { ignoresCase?: boolean; test: Test }> = {
  has: { test: (text, wanted) => hasTerm(text, wanted, whole) },
  hasprefix: { test: (text, wanted) => hasTerm(text, wanted, prefix) },
  hassuffix: { test: (text, wanted) => hasTerm(text, wanted, suffix) },
  contains: { test: (text, wanted) => text.includes(wanted) },
  startswith: { test: (text, wanted) => text.startsWith(wanted) },
  endswith: { test: (text, wanted) => text.endsWith(wanted) },
  '=~': { test: (text, wanted) => text === wanted },
  ':': { test: (text, wanted) => hasTerm(text, wanted, whole) },
  matchesregex: { ignoresCase: false, test: (text, wanted) => regexOf(wanted).test(text) },
}

/** What an operator such as `!has_cs` tests; undefined when it is no string operator. */
function familyOf(operator: string): (Family & { negated: boolean }) | undefined {
  const spelled = operator.replaceAll(' ', '').toLowerCase()
  const positive = spelled === '!~' ? '=~' : spelled.replace(/^(?:!|not)/, '')
  const name = positive.replace(/_cs$/, '')
  const family = families[name]
  if (!family) return undefined
  const ignoresCase = family.ignoresCase ?? !positive.endsWith('_cs')
  return { ignoresCase, test: family.test, negated: positive !== spelled }
}

export function isStringOperator(operator: string): boolean {
  return familyOf(operator) !== undefined
}

/** Compiles `has`, `contains`, `startswith`, `=~`, `matches regex` and their kin, with `!` and `_cs` forms. */
export function compileStringOperator(operator: string, left: Scalar, right: Scalar): Scalar {
  const family = familyOf(operator)
  const { ignoresCase, test, negated } = family ?? { ignoresCase: false, test: () => false, negated: false }
  const [text, wanted] = [converted(left, 'string'), converted(right, 'string')]
  const [a, b] = [text.eval, wanted.eval]
  if (!ignoresCase) {
    return derived('bool', [text, wanted], row => test(String(a(row)), String(b(row))) !== negated)
  }
  if (wanted.constant) {
    const lower = String(wanted.constant.value).toLowerCase()
    return derived('bool', [text], row => test(String(a(row)).toLowerCase(), lower) !== negated)
  }
  return derived('bool', [text, wanted], row => {
    return test(String(a(row)).toLowerCase(), String(b(row)).toLowerCase()) !== negated
  })
}

/** Compiles `has_any` and `has_all`; `list` gives the wanted terms of a row. */
export function compileHasList(
  operator: string,
  left: Scalar,
  list: { from: readonly Scalar[]; terms: (row: Parameters<Scalar['eval']>[0]) => readonly string[] },
): Scalar {
  const text = converted(left, 'string')
  const inner = text.eval
  const all = operator === 'has_all'
  const fixed = list.from.every(item => item.constant) ? lowerAll(list.terms([])) : undefined
  return derived('bool', [text, ...list.from], row => {
    const lower = String(inner(row)).toLowerCase()
    const terms = fixed ?? lowerAll(list.terms(row))
    if (all) return terms.every(term => hasTerm(lower, term, whole))
    return terms.some(term => hasTerm(lower, term, whole))
  })
}

function lowerAll(terms: readonly string[]): string[] {
  return terms.map(term => term.toLowerCase())
}
