import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { keyIdOf, SealBroken, seal, unseal } from '../../src/platform/sealing/envelope.ts'

const key = { id: '0011223344556677', key: randomBytes(32) }
const place = { table: 'HuntChunk', row: ['a', 'b', 3] }

test('what was sealed opens again, whatever it is', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 5_000 }),
      fc.array(fc.oneof(fc.string(), fc.integer()), { maxLength: 4 }),
      (plain, row) => {
        const sealed = seal(key, { table: 'T', row }, plain)

        expect(keyIdOf(sealed)).toBe(key.id)
        expect(unseal(key, { table: 'T', row }, sealed)).toEqual(Buffer.from(plain))
      },
    ),
  )
})

test('a nonce is never used twice', () => {
  const nonces = Array.from({ length: 500 }, () =>
    seal(key, place, Buffer.of(1)).subarray(10, 22).toString('hex'),
  )

  expect(new Set(nonces).size).toBe(500)
})

test('every changed bit is found', () => {
  const sealed = seal(key, place, Buffer.from('rows of a customer'))

  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const changed = Buffer.from(sealed)
    changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    expect(() => unseal(key, place, changed), `bit ${bit}`).toThrow(SealBroken)
  }
})

test('a value opens in its own row and table alone, by its own key', () => {
  const sealed = seal(key, place, Buffer.from('rows'))

  expect(() => unseal(key, { ...place, row: ['a', 'b', 4] }, sealed)).toThrow(SealBroken)
  expect(() => unseal(key, { ...place, row: ['ab', '', 3] }, sealed)).toThrow(SealBroken)
  expect(() => unseal(key, { ...place, table: 'Session' }, sealed)).toThrow(SealBroken)
  expect(() => unseal({ ...key, key: randomBytes(32) }, place, sealed)).toThrow(SealBroken)
  expect(() => unseal({ ...key, id: 'ffffffffffffffff' }, place, sealed)).toThrow(SealBroken)
})

test('what is not sealed is not taken for it', () => {
  expect(keyIdOf(Buffer.of(1, 0x28, 0xb5))).toBeNull()
  expect(keyIdOf(Buffer.alloc(0))).toBeNull()
})
