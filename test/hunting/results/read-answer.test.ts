import { existsSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BadAnswer } from '../../../src/hunting/results/answer/bad-answer.ts'
import { readHuntingAnswer } from '../../../src/hunting/results/answer/read-answer.ts'
import { unionColumns } from '../../../src/hunting/results/union-columns.ts'

const schema = [
  { name: 'Timestamp', type: 'DateTime' },
  { name: 'DeviceName', type: 'String' },
  { name: 'ReportId', type: 'Int64' },
  { name: 'Count', type: 'Int32' },
  { name: 'Score', type: 'Double' },
  { name: 'Price', type: 'Decimal' },
  { name: 'IsRemote', type: 'SByte' },
  { name: 'IsNew', type: 'Boolean' },
  { name: 'Fields', type: 'Object' },
  { name: 'Took', type: 'TimeSpan' },
  { name: 'Key', type: 'Guid' },
]

test('an answer of Graph is read by its schema, without annotations', () => {
  const answer = readHuntingAnswer(
    JSON.stringify({
      '@odata.context':
        'https://graph.microsoft.com/v1.0/$metadata#microsoft.graph.security.huntingQueryResults',
      schema,
      results: [
        {
          Fields: { LogonType: 'Network', Ports: [443] },
          'ReportId@odata.type': '#Int64',
          ReportId: 20451,
          DeviceName: 'till-2.bakery.example',
          Timestamp: '2026-08-20T06:08:12.6657884Z',
          Count: 3,
          Score: 0.5,
          Price: '12.50',
          IsRemote: 1,
          IsNew: false,
          Took: '1.02:03:04.5000000',
          Key: '2f3b9d0e-7a4c-4a39-8d40-2a9a6f3f9a10',
        },
        {},
      ],
    }),
    'graph',
  )

  expect(answer.columns.map(({ type }) => type)).toEqual(
    'datetime string long int real decimal bool bool dynamic timespan guid'.split(' '),
  )
  expect(answer.rows).toEqual([
    [
      '2026-08-20T06:08:12.6657884Z',
      'till-2.bakery.example',
      20451,
      3,
      0.5,
      '12.50',
      true,
      false,
      { LogonType: 'Network', Ports: [443] },
      '1.02:03:04.5000000',
      '2f3b9d0e-7a4c-4a39-8d40-2a9a6f3f9a10',
    ],
    Array.from({ length: 11 }, () => null),
  ])
})

test('an answer of Defender is read with its own names, and an empty one keeps its columns', () => {
  const answer = readHuntingAnswer(
    JSON.stringify({ Stats: {}, Schema: [{ Name: 'FileName', Type: 'String' }], Results: [] }),
    'defender',
  )

  expect(answer).toEqual({ columns: [{ name: 'FileName', type: 'string' }], rows: [] })
})

test('keys in camel case are taken where the schema has them in Pascal case', () => {
  const text = JSON.stringify({
    schema: [{ Name: 'FileName', Type: 'String' }],
    results: [{ fileName: 'conhost.exe' }],
  })

  expect(readHuntingAnswer(text, 'graph').rows).toEqual([['conhost.exe']])
})

test.each([
  ['2026-08-20T06:08:12Z', '2026-08-20T06:08:12Z'],
  ['2026-08-20T06:08:12.6657884Z', '2026-08-20T06:08:12.6657884Z'],
  ['2026-08-20T06:08:12.1', '2026-08-20T06:08:12.1Z'],
  ['2026-08-20 06:08:12', '2026-08-20T06:08:12Z'],
  ['2026-08-20T06:08:12.6657884+00:00', '2026-08-20T06:08:12.6657884Z'],
  ['2026-08-20T01:08:12.6657884+02:00', '2026-08-19T23:08:12.6657884Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
])('the time %s is kept as %s', (wire, expected) => {
  const text = JSON.stringify({ schema: [{ name: 'At', type: 'DateTime' }], results: [{ At: wire }] })

  expect(readHuntingAnswer(text, 'graph').rows).toEqual([[expected]])
})

test('text with JSON inside is taken apart only in dynamic columns, and only where it is an object or a list', () => {
  const text = JSON.stringify({
    schema: [
      { name: 'Text', type: 'String' },
      { name: 'Value', type: 'Dynamic' },
    ],
    results: ['{"a":1}', '[1]', '5', '{broken', ''].map(value => ({ Text: value, Value: value })),
  })

  expect(readHuntingAnswer(text, 'graph').rows).toEqual([
    ['{"a":1}', { a: 1 }],
    ['[1]', [1]],
    ['5', '5'],
    ['{broken', '{broken'],
    ['', ''],
  ])
})

test('no digit of a whole number or a decimal is lost, however deep it stands', () => {
  const text = `{"schema":[{"name":"Id","type":"Int64"},{"name":"Price","type":"Decimal"},{"name":"More","type":"Object"},{"name":"Note","type":"String"}],
    "results":[{"Id": 9223372036854775807 ,"Price":12345678901234567890.123456789,"More":{"a":[-9223372036854775808, 1.2345678901234567],"__proto__":9007199254740993},"Note":",9223372036854775807,\\""},
    {"Id":"-9223372036854775808","Price":1,"More":"{\\"b\\":18446744073709551615}","Note":":1234567890123456789}"}]}`

  const { rows } = readHuntingAnswer(text, 'graph')

  expect(rows[0]?.slice(0, 2)).toEqual([9223372036854775807n, '12345678901234567890.123456789'])
  expect(JSON.stringify(rows[0]?.[2], (_, value) => (typeof value === 'bigint' ? `${value}n` : value))).toBe(
    '{"a":["-9223372036854775808n",1.2345678901234567],"__proto__":"9007199254740993n"}',
  )
  expect(rows[0]?.[3]).toBe(',9223372036854775807,"')
  expect(rows[1]).toEqual([-9223372036854775808n, '1', { b: 18446744073709551615n }, ':1234567890123456789}'])
})

test('columns named like members of every object are read as any other', () => {
  const text =
    '{"schema":[{"name":"constructor","type":"String"},{"name":"__proto__","type":"String"}],"results":[{},{"__proto__":"x","constructor":"y"}]}'

  expect(readHuntingAnswer(text, 'graph').rows).toEqual([
    [null, null],
    ['y', 'x'],
  ])
})

test('a value nested without end is refused rather than followed', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
  const answer = (value: string) => `{"schema":[{"name":"A","type":"Object"}],"results":[{"A":${value}}]}`

  expect(() => readHuntingAnswer(answer(deep), 'graph')).toThrow(BadAnswer)
  expect(readHuntingAnswer(answer(JSON.stringify(deep)), 'graph').rows).toEqual([[deep]])
})

test.each([
  ['', 'is nothing'],
  ['<html></html>', 'not JSON'],
  ['null', 'is null, not an object'],
  ['[]', 'is a list, not an object'],
  ['{"error":{"code":"BadRequest"}}', 'has no list "schema"; it has error'],
  ['{"schema":[]}', 'has no list "results"'],
  ['{"schema":[{"name":"A"}],"results":[]}', 'without a name and a type'],
  [
    '{"schema":[{"name":"A","type":"String"},{"name":"A","type":"String"}],"results":[]}',
    'names a column twice',
  ],
  ['{"schema":[{"name":"A","type":"String"}],"results":[5]}', 'row 1 of the hunting answer is a number'],
])('the answer %s is refused and said to be wrong', (text, message) => {
  expect(() => readHuntingAnswer(text, 'graph')).toThrow(BadAnswer)
  expect(() => readHuntingAnswer(text, 'graph')).toThrow(message)
})

test.each([
  ['Int64', '"five"', 7, 'string', ['five', '7']],
  ['Int32', '1.5', 7, 'decimal', ['1.5', '7']],
  ['Int64', '9223372036854775808', 7, 'decimal', ['9223372036854775808', '7']],
  ['SByte', '-1', 1, 'string', ['-1', 'true']],
  ['DateTime', '""', '2026-08-20T06:08:12Z', 'string', ['', '2026-08-20T06:08:12Z']],
  ['Double', '"n/a"', 0.5, 'string', ['n/a', '0.5']],
  ['Int64', '{"a":1}', 7, 'dynamic', [{ a: 1 }, 7]],
])('an odd value in a column of the type %s loses no row: %s', (type, odd, good, found, cells) => {
  const schema = `[{"name":"A","type":"${type}"},{"name":"B","type":"String"}]`
  const results = `[{"A":${odd},"B":"x"},{"A":${JSON.stringify(good)},"B":"y"}]`

  const { columns, rows } = readHuntingAnswer(`{"schema":${schema},"results":${results}}`, 'graph')

  expect(columns[0]).toMatchObject({ name: 'A', type: found, declared: expect.any(String) })
  expect(columns[1]).toEqual({ name: 'B', type: 'string' })
  expect(rows).toEqual([
    [cells[0], 'x'],
    [cells[1], 'y'],
  ])
})

test('a column that held odd values is told as a conflict of types', () => {
  const { columns } = readHuntingAnswer(
    '{"schema":[{"name":"A","type":"Int64"}],"results":[{"A":"five"}]}',
    'graph',
  )

  expect(unionColumns([{ tenantId: 't', columns }]).conflicts).toEqual([
    {
      name: 'A',
      types: [
        { type: 'string', tenants: ['t'] },
        { type: 'long', tenants: [] },
      ],
      resolvedTo: 'string',
    },
  ])
})

test('whatever comes is read or refused by name', () => {
  const member = fc.constantFrom('schema', 'Schema', 'results', 'Results', 'name', 'type', 'Name', 'Type')
  const value = fc.letrec(tie => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<unknown>('String', 'Int64', 'A', null, 1e300, -1, true),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(member, tie('any'), { maxKeys: 4 }),
    ),
  })).any

  fc.assert(
    fc.property(value, wire => {
      try {
        readHuntingAnswer(JSON.stringify(wire), 'defender')
      } catch (error) {
        expect(error).toBeInstanceOf(BadAnswer)
      }
    }),
    { numRuns: 500 },
  )
})

test('every long comes back as it was sent', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.string(), (long, note) => {
      const text = `{"schema":[{"name":"N","type":"String"},{"name":"L","type":"Int64"}],"results":[{"N":${JSON.stringify(note)},"L":${long}}]}`
      const [row] = readHuntingAnswer(text, 'graph').rows

      expect(row?.[0]).toBe(note)
      expect(BigInt(String(row?.[1]))).toBe(long)
    }),
  )
})

const samples = new URL('../../../../shared/samples/', import.meta.url)

test.skipIf(!existsSync(samples)).each([
  ['graph-runHuntingQuery.response.json', 'graph', 3],
  ['xdr-advancedhunting-run.response.json', 'defender', 3],
  ['mde-advancedqueries-run.response.json', 'defender', 4],
] as const)('the documented answer %s is read', (file, wire, columnCount) => {
  const answer = readHuntingAnswer(readFileSync(new URL(file, samples), 'utf8'), wire)

  expect(answer.columns).toHaveLength(columnCount)
  expect(answer.rows).toHaveLength(2)
  expect(answer.rows.flat()).not.toContain(null)
})
