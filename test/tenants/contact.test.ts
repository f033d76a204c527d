import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppError } from '../../src/errors.ts'
import { readContact, readContactText } from '../../src/tenants/contact.ts'

const ana = { name: 'Ana Lima', email: 'ana@customer.example', phone: '+45 33 12 34 56' }

test.each([
  ['Ana Lima <ana@customer.example> +45 33 12 34 56', ana],
  ['"Ana Lima", ana@Customer.EXAMPLE, +45 33 12 34 56', ana],
  ['ana@customer.example', { ...ana, name: null, phone: null }],
  ['Ana Lima', { ...ana, email: null, phone: null }],
  ['+45 (33) 12-34-56', { name: null, email: null, phone: '+45 (33) 12-34-56' }],
  ['  ', null],
])('the contact %j is read', (text, contact) => {
  expect(readContactText(text)).toEqual(contact)
})

test.each([
  ['email', 'ana@customer.example\r\nBcc: everybody@attacker.example'],
  ['email', 'ana@customer.example, eve@attacker.example'],
  ['email', 'Ana <ana@customer.example>'],
  ['email', 'group: ana@customer.example;'],
  ['email', 'ana@customer.example\u0000'],
  ['email', `${'a'.repeat(250)}@customer.example`],
  ['name', 'Ana\r\nSubject: you have won'],
  ['name', 'Ana \u202egnirts'],
  ['name', 'a'.repeat(121)],
  ['name', '\ud800'],
  ['phone', 'call me'],
  ['phone', '+45 33\n12'],
  ['phone', 'tel:+4533123456'],
])('%s %j is refused beside its field', (part, value) => {
  const field = `contact${part.charAt(0).toUpperCase()}${part.slice(1)}`
  const read = () => readContact({ ...ana, [part]: value })

  expect(read).toThrow(AppError)
  expect(read).toThrow(expect.objectContaining({ details: { fields: { [field]: expect.any(String) } } }))
})

test('whatever is typed is refused by name or kept without a character that a header could end with', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), text => {
      try {
        expect(Object.values(readContactText(text) ?? {}).join('')).not.toMatch(/[\p{Cc}\u2028\u2029]/u)
      } catch (error) {
        expect(error).toMatchObject({ code: 'invalid' })
      }
    }),
  )
})
