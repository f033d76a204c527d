import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AnswerStyle, AnswerTooLarge, writeAnswer } from '../../src/data/hunting/write-answer.ts'
import { parseTicks } from '../../src/data/ticks.ts'
import type { KqlResult } from '../../src/kql/types.ts'

const graph: AnswerStyle = { isPascal: false, isAnnotated: true, dynamic: 'nested', bool: 'boolean' }
const endpoint: AnswerStyle = { isPascal: true, isAnnotated: false, dynamic: 'text', bool: 'number' }

const result: KqlResult = {
  columns: [
    { name: 'Timestamp', type: 'datetime' },
    { name: 'ReportId', type: 'long' },
    { name: 'Flag', type: 'bool' },
    { name: 'Fields', type: 'dynamic' },
    { name: 'Span', type: 'timespan' },
  ],
  rows: [
    [
      parseTicks('2026-08-20T06:08:12.6657884Z') ?? 0n,
      9_007_199_254_740_993n,
      true,
      { a: [1, 'x'] },
      864_000_000_001n,
    ],
    [null, null, null, null, -15_000_000n],
    [null, 2, false, null, 0n],
  ],
  truncated: false,
}

test('Graph’s answer has annotations, exact numbers, seven digits, lacks some nulls and orders keys as it likes', () => {
  const text = writeAnswer(result, graph, '', 10_000)

  expect(text).toBe(
    '{"schema":[{"name":"Timestamp","type":"DateTime"},{"name":"ReportId","type":"Int64"},{"name":"Flag","type":"SByte"},{"name":"Fields","type":"Object"},{"name":"Span","type":"TimeSpan"}],' +
      '"results":[{"Timestamp":"2026-08-20T06:08:12.6657884Z","ReportId@odata.type":"#Int64","ReportId":9007199254740993,"Flag":true,"Fields":{"a":[1,"x"]},"Span":"1.00:00:00.0000001"},' +
      '{"Span":"-00:00:01.5000000"},' +
      '{"Span":"00:00:00","Fields":null,"Flag":false,"ReportId@odata.type":"#Int64","ReportId":2,"Timestamp":null}]}',
  )
})

test('the older answer has other names, numbers for booleans and text for dynamic values', () => {
  const answer = JSON.parse(writeAnswer(result, endpoint, '"Stats":{},', 10_000))

  expect(Object.keys(answer)).toEqual(['Stats', 'Schema', 'Results'])
  expect(answer.Results[0]).toMatchObject({ Flag: 1, Fields: '{"a":[1,"x"]}' })
  expect(answer.Results[1]).toMatchObject({ Timestamp: null, Fields: null })
})

test('an answer beyond the size, in bytes, is refused', () => {
  const wide: KqlResult = {
    columns: [{ name: 'x', type: 'string' }],
    rows: [['ü'.repeat(100)]],
    truncated: false,
  }

  expect(() => writeAnswer(result, graph, '', 200)).toThrow(AnswerTooLarge)
  expect(() => writeAnswer(wide, graph, '', 200)).toThrow(AnswerTooLarge)
  expect(writeAnswer(wide, graph, '', 260)).toContain('üü')
})

test('whatever strings and values are in it, the answer is JSON that says the same', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), fc.double(), (name, dynamic, real) => {
      const columns = [
        { name: `x${name}`, type: 'string' as const },
        { name: 'd', type: 'dynamic' as const },
        { name: 'r', type: 'real' as const },
      ]
      const value = typeof dynamic === 'object' ? dynamic : { dynamic }

      const text = writeAnswer({ columns, rows: [[name, value, real]], truncated: false }, endpoint, '', 1e6)

      const row = JSON.parse(text).Results[0]
      expect(row[`x${name}`]).toBe(name)
      expect(row.d === null ? null : JSON.parse(row.d)).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})
