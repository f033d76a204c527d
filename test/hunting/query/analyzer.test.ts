import { afterAll, expect, test } from 'vitest'
import { createQueryAnalyzer } from '../../../src/hunting/query/analyzer.ts'
import { maxQueryLength } from '../../../src/hunting/query/query-analysis.ts'
import { doublingQuery } from '../../helpers/doubling-query.ts'

const analyzer = createQueryAnalyzer({ limitMs: 4000, processes: 1 })

afterAll(() => analyzer.close())

test('queries that live tenants run are objected to and can be run anyway', async () => {
  const queries = [
    'DeviceEvents | summarize c = count(RemoteUrl) by InitiatingProcessFileName',
    'AlertEvidence | mv-expand AdditionalFields | extend T = parse_json(AdditionalFields.Tags)',
    'DeviceInfo | extend n = DeviceName + 1',
    'DeviceInfo | summarize dcountt(DeviceId)',
  ]

  for (const query of queries) {
    const analysis = await analyzer.analyze(query, { caller: 'a' })

    expect(analysis, query).toMatchObject({ ok: false, runnableWithUnknownNames: true })
    expect(analysis.problems[0]?.remedy).toContain('Run it anyway')
  }
})

test('what is no KQL is refused for good', async () => {
  for (const query of ['DeviceInfo | where', '.show tables', '', 'let x = 1;', `print ${'('.repeat(999)}`]) {
    const analysis = await analyzer.analyze(query, { caller: 'a' })

    expect(analysis, query).toMatchObject({ ok: false, runnableWithUnknownNames: false })
  }
})

test('a mistake of syntax counts however many objections of meaning stand before it', async () => {
  const objections = Array.from({ length: 120 }, (_, index) => `| where Nowhere${index} == 1`).join('\n')

  const analysis = await analyzer.analyze(`DeviceInfo\n${objections}\n| where`, { caller: 'a' })

  expect(analysis.runnableWithUnknownNames).toBe(false)
})

test('a query that is too long is refused without being read', async () => {
  const analysis = await analyzer.analyze(`DeviceInfo // ${'x'.repeat(maxQueryLength)}`, { caller: 'a' })

  expect(analysis.problems[0]?.message).toContain('100000 are the most')
})

test('what one who waits no longer asked for does not end it for others', async () => {
  const query = 'DeviceInfo | where DeviceName == "asked for twice"'
  const caller = new AbortController()

  const left = analyzer.analyze(query, { caller: 'a', signal: caller.signal })
  const stays = analyzer.analyze(query, { caller: 'b' })
  caller.abort()

  await expect(left).rejects.toMatchObject({ code: 'gone' })
  await expect(stays).resolves.toMatchObject({ ok: true, tables: ['DeviceInfo'] })
})

test('a query that could not be checked in time still says what parsing alone tells', async () => {
  const query = doublingQuery('declare query_parameters(n: long = 3);')

  const analysis = await analyzer.analyze(query, { caller: 'a' })

  expect(analysis).toMatchObject({
    ok: false,
    runnableWithUnknownNames: true,
    tables: ['DeviceInfo'],
    declarations: [{ start: 0, parameters: [{ name: 'n', defaultValue: '3' }] }],
  })
  expect(analysis.problems[0]?.message).toContain('too complex')
})
