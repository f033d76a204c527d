import { semantic, unsupported } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, kindOf, maybeChild, typeOf } from '../language.ts'
import type { KqlType, KqlValue, Scalar } from '../types.ts'
import { convert } from '../values/convert.ts'
import type { Bag } from '../values/dynamic.ts'
import { setKey, toDynamic } from '../values/dynamic.ts'
import { constant } from './make.ts'

/** Compiles a literal token such as `5`, `'text'`, `2d` or `datetime(2026-01-31)`. */
export function compileLiteral(node: SyntaxElement): Scalar {
  const kind = kindOf(node)
  const token = child(node, 'Token')
  const text = token.ValueText ?? token.Text ?? ''
  if (kind === 'StringLiteralExpression') return constant('string', text)
  if (kind === 'NullLiteralExpression') return constant('dynamic', null)
  const type = typeOf(node.ResultType)
  if (type === 'decimal') throw unsupported("The type 'decimal'")
  if (/^\s*null\s*$/i.test(text)) return constant(type, null)
  const value = readLiteral(text.trim(), type)
  if (value === null) throw semantic(`'${token.Text}' is not a valid ${type} literal`)
  return constant(type, value)
}

function readLiteral(text: string, type: KqlType): KqlValue {
  const bare = /^(['"])(.*)\1$/s.exec(text)?.[2] ?? text
  return convert(bare, 'string', type)
}

/** Compiles text written as several adjacent literals. */
export function compileCompoundString(node: SyntaxElement): Scalar {
  const tokens = children(node, 'Tokens')
  return constant('string', tokens.map(token => token.ValueText ?? '').join(''))
}

/** Compiles `dynamic(…)`. */
export function compileDynamic(node: SyntaxElement): Scalar {
  return constant('dynamic', jsonOf(child(node, 'Expression')))
}

function jsonOf(node: SyntaxElement): KqlValue {
  const kind = kindOf(node)
  if (kind === 'JsonArrayExpression') return children(node, 'Values').map(jsonOf)
  if (kind === 'JsonObjectExpression') {
    const bag: Bag = {}
    for (const pair of children(node, 'Pairs')) {
      setKey(bag, child(pair, 'Name').ValueText ?? '', jsonOf(child(pair, 'Value')))
    }
    return bag
  }
  if (kind === 'UnaryMinusExpression') {
    const value = jsonOf(child(node, 'Expression'))
    return typeof value === 'number' ? -value : value
  }
  if (kind === 'UnaryPlusExpression') return jsonOf(child(node, 'Expression'))
  if (kind === 'DynamicExpression') return jsonOf(child(node, 'Expression'))
  if (kind === 'CompoundStringLiteralExpression') return compileCompoundString(node).constant?.value ?? null
  if (kind === 'ParenthesizedExpression') return jsonOf(child(node, 'Expression'))
  if (!maybeChild(node, 'Token')) throw unsupported(`'${kind}' inside a dynamic literal`)
  const literal = compileLiteral(node)
  return toDynamic(literal.constant?.value ?? null, literal.type)
}
