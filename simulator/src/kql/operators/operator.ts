import type { Names, QueryContext } from '../environment.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, nameOf, textOf } from '../language.ts'
import type { Relation } from '../types.ts'

/** Compiles one operator of a pipe: what it makes of the table before it. */
export type Operator = (node: SyntaxElement, input: Relation, place: Place) => Relation

export type Place = { query: QueryContext; names: Names }

/** The text of a parameter such as `kind=inner`, or undefined when it is not given. */
export function parameterOf(node: SyntaxElement, name: string): string | undefined {
  const found = children(node, 'Parameters').find(parameter => nameOf(child(parameter, 'Name')) === name)
  if (!found) return undefined
  const value = child(found, 'Expression')
  return textOf(value).replace(/^(['"])(.*)\1$/s, '$2')
}
