import fc from 'fast-check'
import type { Cell, Column, ColumnType, Json, Row } from '../../../src/hunting/results/model.ts'

/** Text with quotation marks, line breaks, formulas, other scripts, NUL and lone surrogates. */
export const anyText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom('=', '+', '-', '@', '1', 'x', ';', '\t', '\n', '\r', ',', '"', ' ') }),
  fc.constantFrom(
    '',
    '=1+1',
    '@x',
    '-5',
    '+1',
    '\t',
    '\r\n',
    '"',
    'a,b',
    "'",
    '\ud800',
    '𝒳',
    '\u0000',
    '-',
    '＝1',
    'null',
  ),
)

const anyLong = fc
  .bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
  .map(long => (Number.isSafeInteger(Number(long)) ? Number(long) : long))

const anyReal = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, -0, Number.POSITIVE_INFINITY, 0.1))

/** What JSON gives back as the same number: no `-0`, and nothing whole beyond 2^53, which is a bigint. */
function isStorable(number: number): boolean {
  return !Object.is(number, -0) && (Number.isSafeInteger(number) || !/^-?\d+$/.test(String(number)))
}

const anyJson = fc.letrec<{ json: Json }>(tie => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constant(null),
    fc.boolean(),
    anyText,
    anyLong,
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter(isStorable),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(anyText, tie('json'), { maxKeys: 3, noNullPrototype: true }),
  ),
})).json

const anyDatetime = fc
  .tuple(
    fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    }),
    fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 7 }),
  )
  .map(([date, digits]) => `${date.toISOString().slice(0, 19)}${digits && `.${digits}`}Z`)

const cellOf: Record<ColumnType, fc.Arbitrary<Cell>> = {
  string: anyText,
  long: anyLong,
  int: fc.integer(),
  real: anyReal,
  decimal: fc.tuple(fc.bigInt(), fc.nat(9)).map(([whole, decimals]) => `${whole}.${decimals}`),
  bool: fc.boolean(),
  datetime: anyDatetime,
  timespan: fc.constantFrom('00:00:01', '-1.02:03:04.5000000'),
  dynamic: anyJson,
  guid: fc.uuid(),
}

/** Columns of all types and rows that fit them. */
export const anyTable: fc.Arbitrary<{ columns: Column[]; rows: Row[] }> = fc
  .uniqueArray(
    fc.record(
      {
        name: fc.oneof(anyText, fc.constantFrom('__proto__', 'constructor', '5', 'TenantId', 'TenantName')),
        type: fc.constantFrom(...(Object.keys(cellOf) as ColumnType[])),
      },
      { noNullPrototype: true },
    ),
    { selector: ({ name }) => name, maxLength: 6 },
  )
  .chain(columns =>
    fc
      .array(fc.tuple(...columns.map(({ type }) => fc.option(cellOf[type], { freq: 5 }))), { maxLength: 8 })
      .map(rows => ({ columns, rows: rows as Row[] })),
  )
