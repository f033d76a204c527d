import fc from 'fast-check'
import { expect, test } from 'vitest'
import { analyzeQuery } from '../../../../src/hunting/query/analysis/analyze-query.ts'

test('a good query is accepted with its tables, result columns and time filter', () => {
  const analysis = analyzeQuery(
    'DeviceProcessEvents\n| where Timestamp > ago(1d)\n| summarize Runs = count() by FileName',
  )

  expect(analysis).toEqual({
    ok: true,
    runnableWithUnknownNames: false,
    problems: [],
    tables: ['DeviceProcessEvents'],
    unknownTables: [],
    columns: [
      { name: 'FileName', type: 'string' },
      { name: 'Runs', type: 'long' },
    ],
    hasTimeFilter: true,
    usesFunctions: [],
    declarations: [],
    declarationProblem: null,
    slicingObstacle: 'summarize relates rows of the whole span to each other',
  })
})

test('a syntax error is refused with its line and column', () => {
  const analysis = analyzeQuery(
    'DeviceInfo\n| where OSPlatform == "Windows11"\n| summarize count( by DeviceName',
  )

  expect(analysis.ok).toBe(false)
  expect(analysis.runnableWithUnknownNames).toBe(false)
  expect(analysis.problems[0]).toMatchObject({ kind: 'syntax', severity: 'error', line: 3, column: 20 })
})

test('lines are counted alike whichever way they end', () => {
  const places = ['\n', '\r\n', '\r'].map(ending => {
    const [problem] = analyzeQuery(`DeviceInfo${ending}${ending}| where Nmae == 1`).problems
    return { line: problem?.line, column: problem?.column }
  })

  expect(places).toEqual([
    { line: 3, column: 9 },
    { line: 3, column: 9 },
    { line: 3, column: 9 },
  ])
})

test('an unknown column can be run anyway and the nearest known one is suggested', () => {
  const analysis = analyzeQuery('DeviceInfo | where devicename == "till-1"')

  expect(analysis.ok).toBe(false)
  expect(analysis.runnableWithUnknownNames).toBe(true)
  expect(analysis.problems).toMatchObject([
    {
      kind: 'unknown-name',
      name: 'devicename',
      suggestions: ['DeviceName'],
      start: 19,
      length: 10,
      line: 1,
      column: 20,
    },
  ])
})

test.each([
  'DeviceProcesEvents | where FileName == "x" | project FileName, Timestamp',
  'union DeviceInfo, DeviceProcesEvents',
  'let recent = DeviceProcesEvents; recent | where Column1 > 2 | summarize count() by Column2',
  'DeviceInfo | join kind=inner (DeviceProcesEvents | where a == 1) on DeviceId',
  'table("DeviceProcesEvents") | take 1',
  'DeviceInfo | where DeviceId in ((DeviceProcesEvents | project DeviceId))',
])('an unknown table is named and can be run anyway: %s', query => {
  const analysis = analyzeQuery(query)

  expect(analysis).toMatchObject({
    ok: false,
    runnableWithUnknownNames: true,
    unknownTables: ['DeviceProcesEvents'],
  })
  expect(analysis.tables).toContain('DeviceProcesEvents')
  expect(analysis.problems[0]?.suggestions).toContain('DeviceProcessEvents')
})

test('what the binder says only because a name is unknown does not stop a query from being run anyway', () => {
  const analysis = analyzeQuery('DeviceInfo | project-away Nowhere | order by AlsoNowhere asc')

  expect(analysis.runnableWithUnknownNames).toBe(true)
  expect(analysis.problems.map(({ kind }) => kind)).toEqual(['unknown-name', 'unknown-name'])
})

test('an unknown name beside a real mistake does not make the query runnable', () => {
  const analysis = analyzeQuery('Nowhere | take 1 | where ')

  expect(analysis.runnableWithUnknownNames).toBe(false)
})

test('an unknown scalar function is an objection, and the like-named one is suggested', () => {
  const analysis = analyzeQuery('DeviceInfo | summarize dcountt(DeviceId)')

  expect(analysis).toMatchObject({ ok: false, runnableWithUnknownNames: true })
  expect(analysis.problems).toMatchObject([{ kind: 'semantic' }])
  expect(analysis.problems[0]?.suggestions).toContain('dcount')
})

test('a saved function of the tenants can be run anyway', () => {
  const analysis = analyzeQuery('DeviceInfo | invoke WithOwners()')

  expect(analysis).toMatchObject({ ok: false, runnableWithUnknownNames: true, usesFunctions: ['WithOwners'] })
})

test.each(['.show tables', '// a note\n  .drop table Things', 'let x = 1; .show tables', '.x'])(
  'a management command is refused: %s',
  query => {
    const analysis = analyzeQuery(query)

    expect(analysis).toMatchObject({ ok: false, runnableWithUnknownNames: false })
    expect(analysis.problems[0]).toMatchObject({ kind: 'control-command', severity: 'error' })
  },
)

test.each([
  ['', 'There is no query.'],
  ['  \n', 'There is no query.'],
  ['// only a note', 'There is no query.'],
  ['let x = 1;', 'The last statement is not a query, so there is nothing to answer.'],
])('a text without a query is refused: %j', (query, message) => {
  const analysis = analyzeQuery(query)

  expect(analysis.ok).toBe(false)
  expect(analysis.problems[0]?.message).toBe(message)
})

test('two queries in one text are allowed with a warning', () => {
  const analysis = analyzeQuery('DeviceInfo | take 1; AlertInfo | take 1')

  expect(analysis.ok).toBe(true)
  expect(analysis.problems).toMatchObject([{ severity: 'warning', start: 0, length: 19 }])
})

test.each([
  'DeviceFileEvents | invoke FileProfile(SHA1, 1000) | where GlobalPrevalence < 10',
  'DeviceFileEvents | invoke FileProfile("SHA256") | project ThreatName, SoftwareName',
  'DeviceNetworkEvents | project IP = LocalIP, Timestamp | invoke DeviceFromIP() | project DeviceId',
  'AssignedIPAddresses("till-1", ago(1d)) | project IPAddress, IPType',
  'DeviceInfo | invoke SeenBy() | mv-expand SeenBy | extend By = tostring(SeenBy.DeviceId)',
  'workspace("id").SecurityEvent | where EventID == 4624 | take 5',
  'arg("").Resources | where type =~ "microsoft.compute/virtualmachines"',
  'adx("https://cluster.example/Samples").Things | take 5',
])("Defender's own functions are known: %s", query => {
  const analysis = analyzeQuery(query)

  expect(analysis.problems).toEqual([])
  expect(analysis.usesFunctions).toHaveLength(1)
})

test('a column that is not there is no argument of an enrichment', () => {
  const analysis = analyzeQuery('DeviceInfo | invoke FileProfile(SHA1)')

  expect(analysis.problems).toMatchObject([{ kind: 'unknown-name', name: 'SHA1' }])
})

test.each([
  ['DeviceEvents | where Timestamp between (ago(2d) .. ago(1d))', true],
  ['let start = ago(1d); DeviceEvents | where start < Timestamp', true],
  ['search in (DeviceEvents) Timestamp > ago(1h) and "x"', true],
  ['DeviceEvents | where isnotnull(Timestamp)', false],
  ['DeviceEvents | extend Old = Timestamp < ago(1d)', false],
  ['DeviceEvents | where DeviceName == "x"', false],
])('a time filter is noticed: %s', (query, hasTimeFilter) => {
  expect(analyzeQuery(query).hasTimeFilter).toBe(hasTimeFilter)
})

test.each(['search "mimikatz"', 'union * | take 1', 'find "mimikatz"'])(
  'a query over everything is allowed with a warning: %s',
  query => {
    const analysis = analyzeQuery(query)

    expect(analysis.ok).toBe(true)
    expect(analysis.tables.length).toBeGreaterThan(60)
    expect(analysis.problems).toMatchObject([{ severity: 'warning' }])
  },
)

test('a table that isfuzzy may skip is only a warning', () => {
  const analysis = analyzeQuery('union isfuzzy=true DeviceInfo, Elsewhere')

  expect(analysis).toMatchObject({ ok: true, unknownTables: ['Elsewhere'] })
  expect(analysis.problems).toMatchObject([{ kind: 'unknown-name', severity: 'warning' }])
})

test('a query that the binder cannot follow is allowed with a warning and its tables are still named', () => {
  const analysis = analyzeQuery('DeviceInfo | graph-match (a)--(b) project a')

  expect(analysis).toMatchObject({ ok: true, tables: ['DeviceInfo'] })
  expect(analysis.problems).toMatchObject([{ severity: 'warning' }])
})

test('too deeply nested queries are refused without being parsed', () => {
  const deep = analyzeQuery(`print ${'('.repeat(5_000)}1${')'.repeat(5_000)}`)

  expect(deep.problems[0]?.message).toContain('nested too deeply')
})

test('no text makes the analysis throw, and every problem lies within the text', () => {
  const word = fc.constantFrom(
    ...[
      'DeviceInfo',
      '|',
      'where',
      '(',
      ')',
      '[',
      '{',
      '}',
      '"',
      "'",
      ';',
      'let',
      '=',
      'x',
      '==',
      '1',
      '.',
      '//',
    ],
    ...[
      'join',
      'union',
      'summarize',
      'by',
      'count()',
      ',',
      '\n',
      '#',
      '@"',
      '```',
      'dynamic(',
      'on',
      'in',
      '\ud800',
    ],
  )
  const text = fc.oneof(
    fc.array(word, { maxLength: 25 }).map(words => words.join(' ')),
    fc.string({ unit: 'binary', maxLength: 60 }),
  )

  fc.assert(
    fc.property(text, query => {
      const { ok, problems } = analyzeQuery(query)

      expect(ok).toBe(problems.every(({ severity }) => severity !== 'error'))
      for (const { start, length, line, column } of problems) {
        expect(start).toBeGreaterThanOrEqual(0)
        expect(start + length).toBeLessThanOrEqual(query.length)
        expect(line).toBeGreaterThan(0)
        expect(column).toBeGreaterThan(0)
      }
    }),
    { numRuns: 150 },
  )
})
