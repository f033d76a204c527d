import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readTenantIdentifier } from '../../../src/microsoft/clouds/tenant-identifier.ts'

test.each([
  [' 6A1E0C1E-9F1D-4A51-8A0E-2C5A4F4F1D01 ', 'id', '6a1e0c1e-9f1d-4a51-8a0e-2c5a4f4f1d01'],
  ['Customer.Example', 'domain', 'customer.example'],
  ['customer.onmicrosoft.com', 'domain', 'customer.onmicrosoft.com'],
  ['bäckerei.example', 'domain', 'xn--bckerei-5wa.example'],
  ['xn--bckerei-5wa.example', 'domain', 'xn--bckerei-5wa.example'],
  ['customer.example.', 'domain', 'customer.example'],
  ['3com.example', 'domain', '3com.example'],
])('%s is read as %s', (typed, kind, value) => {
  expect(readTenantIdentifier(typed)).toEqual({ kind, value })
})

test.each([
  [''],
  ['common'],
  ['organizations'],
  ['localhost'],
  ['9188040d-6c67-4c5b-b112-36a304b66dad'],
  ['6a1e0c1e-9f1d-4a51-8a0e-2c5a4f4f1d0'],
  ['https://customer.example'],
  ['customer.example/x'],
  ['customer.example?x'],
  ['admin@customer.example'],
  ['customer.example:443'],
  ['-customer.example'],
  ['a..example'],
  ['.example'],
  ['127.0.0.1'],
  ['0x7f.1'],
  ['[::1]'],
  ['cust omer.example'],
  ['customer%2eexample'],
  ['../../common.example'],
  [`${'a'.repeat(64)}.example`],
  [`${'a.'.repeat(130)}example`],
])('"%s" is refused', typed => {
  expect(readTenantIdentifier(typed)).toBeNull()
})

test('whatever is typed, what is read can stand in a path', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.domain(), fc.uuid()), typed => {
      const identifier = readTenantIdentifier(typed)

      if (identifier) expect(identifier.value).toMatch(/^[a-z0-9.-]+$/)
    }),
    { numRuns: 2000 },
  )
})
