import type { KqlColumn, KqlResult, KqlType, KqlValue } from '../../kql/types.ts'
import { formatTicks, ticksPerDay, ticksPerSecond } from '../ticks.ts'

/** How a surface spells its answers. */
export type AnswerStyle = {
  /** `schema`/`results` with `name`/`type` on Graph, `Schema`/`Results` with `Name`/`Type` elsewhere */
  isPascal: boolean
  /** `X@odata.type` beside 64-bit numbers, null columns left out and the order of keys another now and then, as seen on Graph */
  isAnnotated: boolean
  /** dynamic values as nested JSON, or as text that holds JSON */
  dynamic: 'nested' | 'text'
  /** booleans as true and false, or as 1 and 0 */
  bool: 'boolean' | 'number'
}

/** The answer is larger than the service sends. */
export class AnswerTooLarge extends Error {}

/** .NET's names of Kusto's types, as all three surfaces print them. */
const typeNames: Record<KqlType, string> = {
  string: 'String',
  long: 'Int64',
  int: 'Int32',
  real: 'Double',
  decimal: 'Decimal',
  bool: 'SByte',
  datetime: 'DateTime',
  timespan: 'TimeSpan',
  dynamic: 'Object',
  guid: 'Guid',
}

/**
 * Writes a query's answer as JSON text. By hand, because 64-bit numbers must go out exact and an answer may
 * have a hundred thousand rows.
 *
 * @param head members before the schema, as JSON text with its comma, or empty
 * @param largestSize in bytes of UTF-8
 * @throws AnswerTooLarge
 */
export function writeAnswer(
  result: KqlResult,
  style: AnswerStyle,
  head: string,
  largestSize: number,
): string {
  const { columns } = result
  const keys = style.isPascal ? (['Name', 'Type'] as const) : (['name', 'type'] as const)
  const schema = columns.map(column => ({ [keys[0]]: column.name, [keys[1]]: typeNames[column.type] }))
  const writers = columns.map(column => columnWriter(column, style))
  const opening = `{${head}"${style.isPascal ? 'Schema' : 'schema'}":${JSON.stringify(schema)},`

  const pieces: string[] = []
  let size = Buffer.byteLength(opening)
  result.rows.forEach((row, index) => {
    const text = writeRow(row, writers, style.isAnnotated ? index : 0)
    size += Buffer.byteLength(text) + 1
    if (size > largestSize) throw new AnswerTooLarge()
    pieces.push(text)
  })
  return `${opening}"${style.isPascal ? 'Results' : 'results'}":[${pieces.join(',')}]}`
}

type ColumnWriter = (value: KqlValue) => { isNull: boolean; text: string }

/** @param manner odd ones leave nulls out, every third begins with the last column */
function writeRow(row: readonly KqlValue[], writers: ColumnWriter[], manner: number): string {
  const leavesNullsOut = manner % 2 === 1
  const parts: string[] = []
  for (let index = 0; index < writers.length; index++) {
    const written = writers[index]?.(row[index] ?? null)
    if (written && !(leavesNullsOut && written.isNull)) parts.push(written.text)
  }
  if (manner % 3 === 2) parts.reverse()
  return `{${parts.join(',')}}`
}

function columnWriter(column: KqlColumn, style: AnswerStyle): ColumnWriter {
  const key = `${JSON.stringify(column.name)}:`
  const isAnnotated = style.isAnnotated && column.type === 'long'
  const prefix = isAnnotated ? `${JSON.stringify(`${column.name}@odata.type`)}:"#Int64",${key}` : key
  return value => {
    const text = writeValue(value, column.type, style)
    return text === 'null'
      ? { isNull: true, text: `${key}null` }
      : { isNull: false, text: `${prefix}${text}` }
  }
}

function writeValue(value: KqlValue, type: KqlType, style: AnswerStyle): string {
  if (value === null) return 'null'
  if (type === 'dynamic') {
    const text = JSON.stringify(value, plainBigint) ?? 'null'
    return style.dynamic === 'nested' || text === 'null' ? text : JSON.stringify(text)
  }
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'bigint':
      if (type === 'datetime') return `"${formatTicks(value)}"`
      return type === 'timespan' ? `"${formatTimespan(value)}"` : value.toString()
    case 'number':
      return Number.isFinite(value) ? String(value) : JSON.stringify(String(value))
    case 'boolean':
      return style.bool === 'boolean' ? String(value) : value ? '1' : '0'
    default:
      return JSON.stringify(value, plainBigint) ?? 'null'
  }
}

function plainBigint(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}

/** `d.hh:mm:ss.fffffff`, days and fraction only where there are any. */
function formatTimespan(ticks: bigint): string {
  const size = ticks < 0n ? -ticks : ticks
  const days = size / ticksPerDay
  const seconds = (size % ticksPerDay) / ticksPerSecond
  const fraction = size % ticksPerSecond
  const two = (value: bigint) => value.toString().padStart(2, '0')
  const clock = `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`
  const tail = fraction === 0n ? '' : `.${fraction.toString().padStart(7, '0')}`
  return `${ticks < 0n ? '-' : ''}${days === 0n ? '' : `${days}.`}${clock}${tail}`
}
