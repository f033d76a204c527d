import { compareValues, type Field, type Fields, type FieldValue } from './fields.ts'
import { readTokens, type Token } from './lexer.ts'
import { ODataProblem } from './problem.ts'

export type Predicate<T> = (item: T) => boolean

const deepest = 40

/**
 * Compiles a `$filter` of the subset that the security APIs document: `eq` and `ne`, `gt ge lt le` between times and
 * numbers, `and or`, parentheses, `startswith(name,'value')` and `list/any(x: x eq 'value')`. All that OData has
 * beyond it is refused: nobody may come to rely on what no page promises.
 *
 * @param fields the properties that may be filtered on; any other is refused, as the services do
 * @throws ODataProblem for everything else
 * @see OData 4.01 part 2, 5.1.1 System Query Option $filter
 */
export function compileFilter<T>(text: string, fields: Fields<T>): Predicate<T> {
  return new FilterParser(readTokens(text), fields).parse()
}

class FilterParser<T> {
  readonly #tokens: Token[]
  readonly #fields: Fields<T>
  #position = 0
  #depth = 0

  constructor(tokens: Token[], fields: Fields<T>) {
    this.#tokens = tokens
    this.#fields = fields
  }

  parse(): Predicate<T> {
    const predicate = this.#or()
    if (this.#position < this.#tokens.length) throw this.#unexpected()
    return predicate
  }

  #or(): Predicate<T> {
    let left = this.#and()
    while (this.#takeWord('or')) {
      const before = left
      const right = this.#and()
      left = item => before(item) || right(item)
    }
    return left
  }

  #and(): Predicate<T> {
    let left = this.#operand()
    while (this.#takeWord('and')) {
      const before = left
      const right = this.#operand()
      left = item => before(item) && right(item)
    }
    return left
  }

  #operand(): Predicate<T> {
    if (++this.#depth > deepest)
      throw new ODataProblem('The recursion limit of the filter has been exceeded.')
    try {
      if (this.#takeMark('(')) {
        const inner = this.#or()
        this.#needMark(')')
        return inner
      }
      return this.#term()
    } finally {
      this.#depth--
    }
  }

  #term(): Predicate<T> {
    const name = this.#needWord()
    if (this.#takeMark('(')) return this.#startsWith(name)
    const field = this.#field(name)
    if (this.#takeMark('/')) return this.#any(name, field)
    if (field.type === 'list') throw new ODataProblem(`The property '${name}' is a collection; use any().`)

    const operator = this.#needWord()
    const compare = comparisons[operator]
    const isEquality = operator === 'eq' || operator === 'ne'
    if (!compare || (!isEquality && field.type !== 'time' && field.type !== 'number')) {
      throw new ODataProblem(`The operator '${operator}' is not supported on '${name}'.`)
    }
    const literal = this.#literal(name, field)
    if (literal === null && !isEquality) return () => false
    return item => {
      const value = folded(field, field.read(item))
      // OData: a comparison by order with null is false.
      if (value === null && !isEquality) return false
      return compare(compareValues(value, literal))
    }
  }

  #startsWith(name: string): Predicate<T> {
    if (name !== 'startswith') throw new ODataProblem(`An unknown function with name '${name}' was found.`)
    const fieldName = this.#needWord()
    const field = this.#field(fieldName)
    if (field.type !== 'string' || !field.hasPrefixes) {
      throw new ODataProblem(`The function 'startswith' is not supported on '${fieldName}'.`)
    }
    this.#needMark(',')
    const literal = this.#literal(fieldName, field)
    this.#needMark(')')
    if (typeof literal !== 'string') throw new ODataProblem(`The function 'startswith' needs a string.`)
    const prefix = literal.toLowerCase()
    return item =>
      String(field.read(item) ?? '')
        .toLowerCase()
        .startsWith(prefix)
  }

  #any(name: string, field: Field<T>): Predicate<T> {
    if (field.type !== 'list' || this.#needWord() !== 'any') {
      throw new ODataProblem(`The property '${name}' does not support the path that follows it.`)
    }
    this.#needMark('(')
    const variable = this.#needWord()
    this.#needMark(':')
    const used = this.#needWord()
    const operator = this.#needWord()
    const literal = this.#next()
    this.#needMark(')')
    if (used !== variable || (operator !== 'eq' && operator !== 'ne') || literal?.kind !== 'string') {
      throw new ODataProblem(`The lambda expression on '${name}' is not supported.`)
    }
    return item => field.read(item).some(value => (value === literal.text) === (operator === 'eq'))
  }

  #literal(name: string, field: Field<T>): FieldValue {
    const token = this.#next()
    if (token?.kind === 'word' && token.text === 'null') return null
    if (field.type === 'time' && token?.kind === 'time') return token.ticks
    if (field.type === 'number' && token?.kind === 'number') return token.value
    if (field.type === 'string' && token?.kind === 'string') return token.text
    if (field.type === 'enum' && token?.kind === 'string') {
      const wanted = token.text.toLowerCase()
      if (!field.members.some(member => member.toLowerCase() === wanted)) {
        throw new ODataProblem(`The value '${token.text}' is not a member of the type of '${name}'.`)
      }
      return wanted
    }
    throw new ODataProblem(
      `The literal that '${name}' is compared with is missing or of an incompatible type.`,
    )
  }

  #field(name: string): Field<T> {
    const field = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined
    if (!field) throw new ODataProblem(`The property '${name}' cannot be used in the $filter query option.`)
    return field
  }

  #next(): Token | undefined {
    return this.#tokens[this.#position++]
  }

  #takeWord(text: string): boolean {
    const token = this.#tokens[this.#position]
    if (token?.kind !== 'word' || token.text !== text) return false
    this.#position++
    return true
  }

  #takeMark(text: string): boolean {
    const token = this.#tokens[this.#position]
    if (token?.kind !== 'mark' || token.text !== text) return false
    this.#position++
    return true
  }

  #needMark(text: string): void {
    if (!this.#takeMark(text)) throw this.#unexpected()
  }

  #needWord(): string {
    const token = this.#tokens[this.#position]
    if (token?.kind !== 'word') throw this.#unexpected()
    this.#position++
    return token.text
  }

  #unexpected(): ODataProblem {
    const token = this.#tokens[this.#position]
    if (!token) return new ODataProblem('Expression expected at the end of the filter.')
    const text = 'text' in token ? token.text : token.kind
    return new ODataProblem(`Syntax error: unexpected '${text.slice(0, 100)}' in the filter.`)
  }
}

const comparisons: Readonly<Record<string, (order: number) => boolean>> = {
  __proto__: null as never,
  eq: order => order === 0,
  ne: order => order !== 0,
  gt: order => order > 0,
  ge: order => order >= 0,
  lt: order => order < 0,
  le: order => order <= 0,
}

/** Enum members are compared without case, everything else as it is. */
function folded<T>(field: Field<T>, value: FieldValue): FieldValue {
  return field.type === 'enum' && typeof value === 'string' ? value.toLowerCase() : value
}
