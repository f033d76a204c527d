import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeChunk, encodeChunk } from '../../../src/hunting/results/chunks/chunk.ts'
import { splitIntoChunks } from '../../../src/hunting/results/chunks/split-chunks.ts'
import type { Row } from '../../../src/hunting/results/model.ts'
import { anyTable } from './arbitrary.ts'

test('rows of every kind come out of a chunk as they went in', () => {
  fc.assert(
    fc.property(anyTable, ({ columns, rows }) => {
      expect(decodeChunk(encodeChunk(columns, rows))).toStrictEqual({ columns, rows })
    }),
    { numRuns: 400 },
  )
})

test('whole numbers keep every digit, inside dynamic values too', () => {
  const rows: Row[] = [
    [9223372036854775807n, { a: [-9223372036854775808n, 1] }],
    [5, '\ud800'],
    [null, null],
  ]

  const decoded = decodeChunk(
    encodeChunk(
      [
        { name: 'Id', type: 'long' },
        { name: 'More', type: 'dynamic' },
      ],
      rows,
    ),
  )

  expect(decoded.rows).toStrictEqual(rows)
})

test('text that looks like a long number stays text', () => {
  const rows: Row[] = [['9223372036854775807', ['9223372036854775807', ',9223372036854775807,']]]

  const decoded = decodeChunk(
    encodeChunk(
      [
        { name: 'A', type: 'string' },
        { name: 'B', type: 'dynamic' },
      ],
      rows,
    ),
  )

  expect(decoded.rows).toStrictEqual(rows)
})

test('bytes that are no chunk are refused', () => {
  const chunk = encodeChunk([{ name: 'A', type: 'string' }], [['x']])

  expect(() => decodeChunk(Buffer.of())).toThrow('unknown layout')
  expect(() => decodeChunk(Buffer.of(9, 1, 2))).toThrow('unknown layout 9')
  expect(() => decodeChunk(chunk.subarray(0, 9))).toThrow()
})

test('splitting keeps all rows in order and bounds each piece', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.string({ maxLength: 40 }))),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 100 }),
      (rows, maxRows, maxBytes) => {
        const pieces = [...splitIntoChunks(rows, maxRows, maxBytes)]

        expect(pieces.flat()).toEqual(rows)
        for (const piece of pieces) {
          expect(piece.length).toBeLessThanOrEqual(maxRows)
          const size = piece.flat().reduce<number>((sum, text) => sum + String(text).length + 5, 0)
          expect(piece.length === 1 || size <= maxBytes).toBe(true)
        }
      },
    ),
  )
})
