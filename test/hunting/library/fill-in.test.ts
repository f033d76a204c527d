import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { runQuery } from '../../../simulator/src/kql/index.ts'
import { fillIn as fill } from '../../../src/hunting/library/fill-in.ts'
import { analyzeQuery } from '../../../src/hunting/query/analysis/analyze-query.ts'
import { toLiteral } from '../../../src/hunting/query/literals.ts'

const nowhere = { table: () => undefined, tableNames: () => [], schema: [] }

function parametersOf(query: string) {
  return analyzeQuery(query).declarations.flatMap(({ parameters }) =>
    parameters.map(({ name, type, defaultValue }) => ({ name, type, defaultValue })),
  )
}

function fillIn(query: string, values: Record<string, string> = {}): string {
  return fill(query, analyzeQuery(query).declarations, values)
}

/** What a query answers without any table: its first value. */
function answerOf(query: string): unknown {
  const { rows } = runQuery(query, nowhere, { now: new Date('2026-11-22T00:00:00Z'), maxRows: 10 })
  return rows[0]?.[0]
}

test('the parameters of a query are read with their types and defaults', () => {
  const query = `declare query_parameters(days: timespan = 7d, host: string = @"C:\\x", count: long = long(3), who: guid);
DeviceInfo | take 1`

  expect(parametersOf(query)).toEqual([
    { name: 'days', type: 'timespan', defaultValue: '7d' },
    { name: 'host', type: 'string', defaultValue: 'C:\\x' },
    { name: 'count', type: 'long', defaultValue: '3' },
    { name: 'who', type: 'guid', defaultValue: null },
  ])
})

test('a query without a declaration has no parameters and stays as it is', () => {
  const query = 'DeviceInfo // declare query_parameters(a: long = 1);\n| take 1'

  expect(parametersOf(query)).toEqual([])
  expect(fillIn(query)).toBe(query)
})

test('absent and empty values take the default as it was written', () => {
  const query = 'declare query_parameters(days: timespan = 7d, n: long = 10);\nprint days, n'

  expect(fillIn(query, { days: '' })).toBe('let days = 7d;\nlet n = 10;\nprint days, n')
})

test('an empty text is a value of a string parameter', () => {
  expect(fillIn('declare query_parameters(host: string = "x"); print host', { host: '' })).toBe(
    'let host = ""; print host',
  )
})

test('every wrong, missing and unknown value is named', () => {
  const query = 'declare query_parameters(days: timespan = 7d, n: long); print days, n'
  const fill = () => fillIn(query, { days: 'a week', other: '1' })

  expect(fill).toThrowError(
    expect.objectContaining({
      code: 'invalid',
      details: {
        parameters: {
          days: 'this must be a span of time such as 7d, 12h, 30m or 1.06:00:00',
          n: 'a value is needed',
          other: 'the query has no parameter of this name',
        },
      },
    }),
  )
})

test('a default that is no literal is refused', () => {
  const { declarationProblem } = analyzeQuery('declare query_parameters(n: long = "x"); print n')

  expect(declarationProblem?.message).toBe('the default of the parameter "n" is no long literal')
})

test('a parameter of a type that cannot be typed in is refused', () => {
  const { declarationProblem } = analyzeQuery('declare query_parameters(n: dynamic); print n')

  expect(declarationProblem?.message).toBe('the parameter "n" has the type "dynamic"')
})

test('a name with spaces stays a name', () => {
  const query = "declare query_parameters(['odd name']: long = 1); print ['odd name']"

  expect(answerOf(fillIn(query, { 'odd name': '7' }))).toBe(7)
})

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\\"', '"; DeviceInfo | take 1 //', "'", '`', '\r\n', '\u2028', '{{x}}', '@"'),
)

test('any text is one literal that means exactly that text', () => {
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 4 }), parts => {
      const text = parts.join('')
      const query = fillIn('declare query_parameters(text: string = ""); print text', { text })

      expect(query.startsWith('let text = "') && query.endsWith('; print text')).toBe(true)
      expect(answerOf(query)).toBe(text)
    }),
    { numRuns: 300 },
  )
})

test('no value of any type goes on as query text', () => {
  const types = ['string', 'long', 'int', 'real', 'bool', 'datetime', 'timespan', 'guid'] as const
  fc.assert(
    fc.property(fc.constantFrom(...types), texts, (type, text) => {
      const query = `declare query_parameters(p: ${type}); print p = p`
      let filled: string
      try {
        filled = fillIn(query, { p: text })
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid' })
        return
      }
      const { ok, columns } = analyzeQuery(filled)

      expect(ok).toBe(true)
      expect(columns).toEqual([{ name: 'p', type }])
    }),
    { numRuns: 200 },
  )
})

describe('literals of each type mean the value', () => {
  test('whole numbers of 64 bits', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n), number => {
        expect(BigInt(String(answerOf(`print ${toLiteral('long', String(number))}`)))).toBe(number)
      }),
      { numRuns: 50 },
    )
    expect(() => toLiteral('long', String(2n ** 63n))).toThrowError('a whole number of 64 bits')
    expect(() => toLiteral('int', String(2 ** 31))).toThrowError('a whole number of 32 bits')
  })

  test('real numbers', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), number => {
        fc.pre(/^-?\d{1,30}(\.\d{1,30})?(e[+-]?\d{1,3})?$/.test(String(number)))
        expect(
          answerOf(`print ${toLiteral('real', String(number))} == ${toLiteral('real', String(number))}`),
        ).toBe(true)
        expect(Number(answerOf(`print ${toLiteral('real', String(number))}`))).toBeCloseTo(number, 10)
      }),
      { numRuns: 50 },
    )
  })

  test('times and spans', () => {
    expect(
      answerOf(`print ${toLiteral('datetime', '2026-11-01T08:00:00Z')} == datetime(2026-11-01 08:00)`),
    ).toBe(true)
    expect(answerOf(`print ${toLiteral('timespan', '1.06:00:00')} == 30h`)).toBe(true)
    expect(answerOf(`print ${toLiteral('timespan', '90m')} == 1.5h`)).toBe(true)
  })
})
