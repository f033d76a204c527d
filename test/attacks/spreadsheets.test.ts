import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyText } from '../hunting/results/arbitrary.ts'
import { chunk, written } from '../hunting/results/export/written.ts'

describe('an intruder in a customer’s network cannot get', () => {
  test.each(['=1+1', '+1+1', '-1-1', '@SUM(1)', '\tx', '\rx', '＝1', '-', '+x'])(
    'the text %j of a customer to run as a formula of whoever opens the CSV',
    async dangerous => {
      const text = await written('csv', [chunk([{ name: dangerous, type: 'string' }], [[dangerous]])])
      const [names, row] = parse(text) as string[][]

      expect(names?.[2]).toBe(`'${dangerous}`)
      expect(row?.[2]).toBe(`'${dangerous}`)
    },
  )

  test.each([
    ['x;=1+1', "x;'=1+1"],
    ['\t=1', "'\t'=1"],
    ['x\t=1+1', "x\t'=1+1"],
    ['x\n=1+1', "x\n'=1+1"],
    ['x\r\n@SUM(1)', "x\r\n'@SUM(1)"],
    ['a;-5;+b', "a;-5;'+b"],
    ['=a;=b', "'=a;'=b"],
    ['a,=b', 'a,=b'],
  ])('the text %j to run as a formula where a spreadsheet separates otherwise', async (text, safe) => {
    const csv = await written('csv', [chunk([{ name: 'N', type: 'string' }], [[text]])])

    expect((parse(csv) as string[][])[1]?.[2]).toBe(safe)
  })

  test('any text to begin a formula, whatever a spreadsheet separates by', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, anyText, async (text, tenantName) => {
        const csv = await written('csv', [chunk([{ name: 'N', type: 'string' }], [[text]], tenantName)])

        for (const separator of [';', '\t', /\r\n|\r|\n/]) {
          const cells = csv.split(separator).map(cell => cell.replace(/^"/, ''))
          const formulas = cells.filter(cell => /^[=+\-@＝＋－＠]/.test(cell) && !/^[+-]?[\d.]/.test(cell))
          expect(formulas).toEqual([])
        }
      }),
      { numRuns: 500 },
    )
  })
})
