import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fitsWildcards, matchPatterns, normalizePattern } from '../../../src/incidents/sightings/patterns.ts'

test.each([
  ['ip', '192.0.2.0/24', '192.0.2.77', true],
  ['ip', '192.0.2.0/24', '192.0.3.1', false],
  ['ip', '192.0.2.7', '192.0.2.7', true],
  ['ip', '192.0.2.0/24', '::ffff:192.0.2.9', true],
  ['ip', 'fc00::/7', 'fd12::1', true],
  ['ip', '10.0.0.0/8', 'not an address', false],
  ['domain', '*.Example.com', 'example.com', true],
  ['domain', 'example.com', 'a.b.example.com', true],
  ['domain', 'example.com', 'badexample.com', false],
  ['domain', 'example.com', 'example.com.bad.example', false],
  ['sender', '@example.com', 'news@example.com', true],
  ['sender', '@example.com', 'news@example.com@bad.example', false],
  ['sender', 'news@example.com', 'other@example.com', false],
  ['process', '*svchost.exe -k *', 'c:\\windows\\system32\\svchost.exe -k netsvcs', true],
  ['process', '*svchost.exe -k *', 'c:\\temp\\svchost.exe', false],
  ['hash', 'A'.repeat(64), 'a'.repeat(64), true],
] as const)('%s %s and %s', (kind, pattern, value, expected) => {
  const normal = normalizePattern(kind, pattern)

  expect(normal).not.toBeNull()
  expect(matchPatterns([{ kind, pattern: normal ?? '' }])(kind, value)).toBe(expected)
})

test.each([
  ['ip', '300.1.1.1'],
  ['ip', '10.1'],
  ['ip', '0.0.0.0/0'],
  ['ip', '::/0'],
  ['ip', '10/8'],
  ['ip', '10.0.0.0/99'],
  ['domain', 'https://example.com/path'],
  ['domain', '*'],
  ['domain', 'com'],
  ['sender', 'nobody'],
  ['hash', 'abc'],
  ['process', '***'],
  ['process', '*a*b*'],
  ['process', ' '],
] as const)('%s %s is refused', (kind, pattern) => {
  expect(normalizePattern(kind, pattern)).toBeNull()
})

test('wildcards fit as a regular expression does', () => {
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', '*', '.'), maxLength: 12 })
  fc.assert(
    fc.property(
      texts,
      fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 }),
      (pattern, value) => {
        const regex = new RegExp(`^${pattern.replaceAll('.', '\\.').replaceAll(/\*+/g, '.*')}$`, 's')
        expect(fitsWildcards(pattern, value)).toBe(regex.test(value))
      },
    ),
    { numRuns: 2000 },
  )
})

test('a value of another kind is not ignored', () => {
  expect(matchPatterns([{ kind: 'domain', pattern: 'example.com' }])('sender', 'example.com')).toBe(false)
})
