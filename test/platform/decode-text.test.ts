import { expect, test } from 'vitest'
import { decodeText } from '../../src/platform/decode-text.ts'

const words = 'Straße = "ключ"\n'

test.each([
  ['UTF-8 without a mark', Buffer.from(words)],
  ['UTF-8 with a mark', Buffer.from(`\ufeff${words}`)],
  ['UTF-16, little end first', Buffer.from(`\ufeff${words}`, 'utf16le')],
  ['UTF-16, big end first', Buffer.from(`\ufeff${words}`, 'utf16le').swap16()],
])('text in %s is read as what it says', (_name, bytes) => {
  expect(decodeText(bytes)).toBe(words)
})
