import fc from 'fast-check'
import { expect, test } from 'vitest'
import { diffLines } from '../../../src/hunting/library/line-diff.ts'

const lines = fc.array(fc.constantFrom('a', 'b', 'c', '| where x', ''), { maxLength: 12 })

test('a changed line is removed and added between lines that stay', () => {
  expect(diffLines('T\n| where a\n| take 1', 'T\n| where b\n| take 1')).toEqual([
    { kind: 'same', text: 'T' },
    { kind: 'removed', text: '| where a' },
    { kind: 'added', text: '| where b' },
    { kind: 'same', text: '| take 1' },
  ])
})

test('from a diff both texts can be read again, and the same texts differ in nothing', () => {
  fc.assert(
    fc.property(lines, lines, (before, after) => {
      const diff = diffLines(before.join('\n'), after.join('\n'))
      const textOf = (kinds: string[]) =>
        diff
          .filter(({ kind }) => kinds.includes(kind))
          .map(({ text }) => text)
          .join('\n')

      expect(textOf(['same', 'removed'])).toBe(before.join('\n'))
      expect(textOf(['same', 'added'])).toBe(after.join('\n'))
      expect(diffLines(before.join('\n'), before.join('\n')).every(({ kind }) => kind === 'same')).toBe(true)
    }),
  )
})

test('texts of thousands of different lines are compared at once', () => {
  const before = Array.from({ length: 5000 }, (_, line) => `a${line}`).join('\n')
  const after = Array.from({ length: 5000 }, (_, line) => `b${line}`).join('\n')

  const diff = diffLines(before, after)

  expect(diff.length).toBe(10_000)
})
