import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KqlError } from '../../src/kql/index.ts'
import { run } from './engine.ts'

function refusalOf(query: string, options = {}): { kind: string; message: string } {
  try {
    run(query, options)
  } catch (error) {
    if (error instanceof KqlError) return { kind: error.kind, message: error.message }
    throw error
  }
  throw new Error('the query ran')
}

test.each([
  [
    'EmailEvents | where Subject == "x"',
    'semantic',
    "'where' operator: Failed to resolve table or column expression named 'EmailEvents'. Fix semantic errors in your query.",
  ],
  [
    'Devices | project Missing',
    'semantic',
    "'project' operator: Failed to resolve table or column expression named 'Missing'. Fix semantic errors in your query.",
  ],
  [
    'Missing',
    'semantic',
    "Failed to resolve table or column expression named 'Missing'. Fix semantic errors in your query.",
  ],
  [
    'Devices | where nofun(1)',
    'semantic',
    "'where' operator: Unknown function: 'nofun'. Fix semantic errors in your query.",
  ],
  ['.show tables', 'syntax', 'The incomplete fragment is unexpected.. Fix syntax errors in your query.'],
  ['', 'syntax', 'The incomplete fragment is unexpected.. Fix syntax errors in your query.'],
  [
    'Devices | where',
    'syntax',
    'The incomplete fragment is unexpected. [line:position=1:16]. Fix syntax errors in your query.',
  ],
  [
    'Devices\n| wher Name',
    'syntax',
    'A recognition error occurred. Query operator expected. [line:position=2:3]. Fix syntax errors in your query.',
  ],
  [
    'Devices | where Name matches regex "("',
    'semantic',
    "Regex pattern is ill-formed: '('. Fix semantic errors in your query.",
  ],
  [
    'print 1 + 1; print 2',
    'unsupported',
    'A query of several results is not supported. Fix semantic errors in your query.',
  ],
  ['1 + 1', 'semantic', 'The query does not give a table. Fix semantic errors in your query.'],
  [
    'Devices | reduce by Name',
    'unsupported',
    "'reduce' operator is not supported. Fix semantic errors in your query.",
  ],
  [
    'Devices | summarize hll(Name)',
    'unsupported',
    "The function 'hll' is not supported. Fix semantic errors in your query.",
  ],
  [
    'print geo_geohash_to_central_point("x")',
    'unsupported',
    "The function 'geo_geohash_to_central_point' is not supported. Fix semantic errors in your query.",
  ],
  [
    'print decimal(1.5)',
    'unsupported',
    "The type 'decimal' is not supported. Fix semantic errors in your query.",
  ],
  [
    'Devices | evaluate autocluster()',
    'unsupported',
    "The plugin 'autocluster' is not supported. Fix semantic errors in your query.",
  ],
])("%j is refused in the engine's manner", (query, kind, message) => {
  expect(refusalOf(query)).toEqual({ kind, message })
})

test('a query that takes too long is stopped', () => {
  const endless = 'range x from 1 to 5000000 step 1 | extend k=1 | summarize count() by x % 7'

  expect(refusalOf(endless, { deadlineMs: 20 })).toEqual({
    kind: 'timeout',
    message: 'Query exceeded the timeout period.',
  })
})

test('a query that would hold too much is stopped', () => {
  expect(refusalOf('range x from 1 to 3000000 step 1 | sort by x').kind).toBe('limit')
})

test('a query text beyond the size limit is refused', () => {
  expect(refusalOf(`print "${'x'.repeat(200_000)}"`).kind).toBe('limit')
})

test('a query nested without reason is refused, not a crash', () => {
  expect(refusalOf(`print ${'('.repeat(20_000)}1${')'.repeat(20_000)}`)).toBeDefined()
})

const good = [
  'Devices | where Name has "till" and Score between (1 .. 20) | summarize count(), arg_max(Timestamp, *) by DeviceId',
  'let f = (x:long) { x * 2 }; Devices | extend y = f(Score), z = bin(Timestamp, 1h) | sort by y asc nulls last | take 3',
  'Devices | join kind=leftouter (Logons | extend ip = tostring(Detail.ip)) on DeviceId | project Name, ip, ipv4_is_private(ip)',
  'union withsource=T Devices, Logons | summarize make_set(DeviceId), dcount(T) by bin(Timestamp, 1d)',
  'Devices | mv-expand Tags to typeof(string) | where Tags in~ ("SHOP", "x") | distinct Tags, Active',
  'print s = "a=1;b=2" | extend p = split(s, ";"), j = parse_json("{\\"a\\":[1,2]}") | parse s with "a=" a:int ";" rest',
  'Devices | make-series n = count() default = 0 on Timestamp from ago(2d) to now() step 6h by Name',
  'search in (Devices, Logons) "till" or Score > 5 | top 2 by Timestamp desc',
  'Devices | serialize | extend r = row_number(), p = prev(Score, 1, 0) | evaluate pivot(Name, sum(Score), DeviceId)',
]

function onlyKqlErrors(query: string): void {
  try {
    const { columns, rows } = run(query, { maxRows: 100, deadlineMs: 2000 })
    expect(rows.every(row => row.length === columns.length && !row.includes(undefined as never))).toBe(true)
  } catch (error) {
    expect(error).toBeInstanceOf(KqlError)
  }
}

test('arbitrary text gives an answer or a KqlError', { timeout: 120_000 }, () => {
  fc.assert(fc.property(fc.string({ maxLength: 60, unit: 'binary' }), onlyKqlErrors), { numRuns: 200 })
})

test('any mutation of a good query gives an answer or a KqlError', { timeout: 120_000 }, () => {
  const pieces = fc.constantFrom(
    ...[
      '|',
      '(',
      ')',
      ',',
      '"',
      '1',
      '-',
      'null',
      ' by ',
      '.',
      '[0]',
      '*',
      'dynamic([])',
      'Name',
      '1d',
      ' and ',
      'count()',
      '{',
      '}',
    ],
  )
  const mutation = fc.record({
    query: fc.constantFrom(...good),
    at: fc.nat(200),
    drop: fc.nat(12),
    insert: fc.oneof(fc.constant(''), pieces),
  })

  fc.assert(
    fc.property(mutation, ({ query, at, drop, insert }) => {
      const start = at % query.length
      onlyKqlErrors(query.slice(0, start) + insert + query.slice(start + drop))
    }),
    { numRuns: 300 },
  )
})

test('functions given values of every kind answer or refuse', { timeout: 120_000 }, () => {
  const names = fc.constantFrom(
    ...[
      'strlen',
      'substring',
      'split',
      'extract',
      'indexof',
      'bin',
      'round',
      'startofday',
      'datetime_add',
      'tostring',
    ],
    ...[
      'tolong',
      'todatetime',
      'totimespan',
      'array_slice',
      'array_concat',
      'bag_merge',
      'bag_keys',
      'parse_json',
    ],
    ...[
      'parse_url',
      'parse_path',
      'ipv4_is_match',
      'parse_ipv4',
      'format_datetime',
      'hash',
      'range',
      'strrep',
      'pow',
    ],
    ...[
      'make_datetime',
      'replace_regex',
      'base64_decode_tostring',
      'url_decode',
      'set_union',
      'zip',
      'case',
      'iff',
    ],
  )
  const value = fc.constantFrom(
    ...[
      '1',
      '-1',
      '9223372036854775807',
      '1.5',
      'real(nan)',
      '""',
      '"abc"',
      '"1.2.3.4"',
      'true',
      'now()',
      '1h',
    ],
    ...[
      'dynamic([1,"a",null])',
      'dynamic({"a":1})',
      'long(null)',
      'datetime(null)',
      'dynamic(null)',
      'datetime(9999-12-31)',
    ],
  )

  fc.assert(
    fc.property(names, fc.array(value, { minLength: 1, maxLength: 4 }), (name, args) => {
      onlyKqlErrors(`print ${name}(${args.join(', ')})`)
    }),
    { numRuns: 400 },
  )
})
