import { unsupported } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, kindOf, nameOf, textOf } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import { compileCompoundString, compileLiteral } from '../scalar/literal.ts'
import { regexOf } from '../scalar/regex.ts'
import type { KqlColumn, KqlType, KqlValue, Row } from '../types.ts'
import { convert, converted } from '../values/convert.ts'
import { emptyValue } from '../values/order.ts'
import type { Operator } from './operator.ts'
import { parameterOf } from './operator.ts'

type ParseKind = 'simple' | 'regex' | 'relaxed'
type Target = { name: string; type: KqlType }

/**
 * `parse` and `parse-where`: columns out of text by a pattern. A row that does not match has empty columns in
 * `parse` and is left out by `parse-where`. A value that is not of its column's type is, in the simple mode, no
 * match.
 */
export const parse: Operator = (node, input, place) => {
  const kind = parameterOf(node, 'kind') ?? 'simple'
  if (kind !== 'simple' && kind !== 'regex' && kind !== 'relaxed')
    throw unsupported(`'parse' operator: kind=${kind}`)
  const { pattern, targets } = compilePattern(children(node, 'Patterns'), kind)
  const flags = (parameterOf(node, 'flags') ?? '').replace(/[^ims]/g, '')
  const regex = regexOf(pattern, kind === 'regex' ? flags : 's')
  const text = converted(
    compileScalar(child(node, 'Expression'), { ...place, columns: input.columns }),
    'string',
  ).eval
  const columns: KqlColumn[] = [...input.columns]
  const positions = targets.map(target => {
    const at = columns.findIndex(column => column.name === target.name)
    const position = at < 0 ? columns.length : at
    columns[position] = target
    return position
  })
  const dropsOthers = kindOf(node) === 'ParseWhereOperator'
  return {
    columns,
    *rows(): Iterable<Row> {
      for (const row of input.rows()) {
        place.query.tick()
        const values = valuesOf(regex.exec(String(text(row))), targets, kind === 'relaxed')
        if (!values && dropsOthers) continue
        const parsed = row.slice()
        for (const [index, position] of positions.entries()) {
          parsed[position] = values ? (values[index] ?? null) : emptyValue(targets[index]?.type ?? 'string')
        }
        yield parsed
      }
    },
  }
}

function valuesOf(
  match: RegExpExecArray | null,
  targets: Target[],
  relaxed: boolean,
): KqlValue[] | undefined {
  if (!match) return undefined
  const values = targets.map(({ type }, index) => convert(match.groups?.[`p${index}`] ?? '', 'string', type))
  return relaxed || values.every(value => value !== null) ? values : undefined
}

function compilePattern(
  parts: readonly SyntaxElement[],
  parseKind: ParseKind,
): { pattern: string; targets: Target[] } {
  const isRegex = parseKind === 'regex'
  const targets: Target[] = []
  let pattern = ''
  for (const [index, part] of parts.entries()) {
    const kind = kindOf(part)
    const isLast = index === parts.length - 1
    if (kind === 'StarExpression') pattern += isLast ? '' : '.*?'
    else if (kind === 'NameDeclaration' || kind === 'NameAndTypeDeclaration') {
      const target = targetOf(part)
      pattern += `(?<p${targets.length}>${captureOf(target.type, isLast, parseKind)})`
      targets.push(target)
    } else {
      const literal =
        kind === 'CompoundStringLiteralExpression' ? compileCompoundString(part) : compileLiteral(part)
      const text = String(literal.constant?.value ?? '')
      pattern += isRegex ? `(?:${text})` : text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
    }
  }
  const last = parts.at(-1)
  // Text after the last fixed piece must be asked for with a star or a column.
  const closes = last && kindOf(last) !== 'StarExpression' && !isRegex
  return { pattern: `^${pattern}${closes ? '$' : ''}`, targets }
}

/** What a column takes; in the relaxed mode any text, which is null when it is not of the column's type. */
function captureOf(type: KqlType, isLast: boolean, kind: ParseKind): string {
  if (kind !== 'relaxed' && (type === 'long' || type === 'int')) return '\\s*[+-]?\\d+'
  if (kind !== 'relaxed' && type === 'real') return '\\s*[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?'
  return isLast ? (kind === 'regex' ? '.*' : '[\\s\\S]*') : '.*?'
}

function targetOf(part: SyntaxElement): Target {
  if (kindOf(part) === 'NameDeclaration') return { name: nameOf(part), type: 'string' }
  const type = textOf(child(part, 'Type'))
  return { name: nameOf(child(part, 'Name')), type: (type === 'double' ? 'real' : type) as KqlType }
}
