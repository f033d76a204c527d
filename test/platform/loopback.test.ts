import { expect, test } from 'vitest'
import { isLoopback } from '../../src/platform/loopback.ts'

test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.9.8.7', '::1', '[::1]', '::ffff:127.0.0.1'])(
  '%s is this machine',
  host => expect(isLoopback(host)).toBe(true),
)

test.each([
  '127.evil.example',
  'localhost.evil.example',
  '128.0.0.1',
  '::2',
  '::ffff:10.0.0.1',
  '',
  '0.0.0.0',
])('%j is not', host => expect(isLoopback(host)).toBe(false))
