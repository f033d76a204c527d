import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { Token } from '../../../src/microsoft/tokens/token.ts'

const token = new Token('the-very-secret', {
  tenantId: 'b0b0b0b0-0000-4000-8000-000000000002',
  surface: 'graph',
  roles: ['ThreatHunting.Read.All'],
  expiresAt: new Date('2026-11-22T11:00:00Z'),
  refreshAt: new Date('2026-11-22T10:50:00Z'),
})

test('a token gives itself to the wire only', () => {
  expect(token.authorization()).toBe('Bearer the-very-secret')
  expect(token.value).toBe('the-very-secret')
})

test('a token shows itself in no text', () => {
  const texts = [
    JSON.stringify({ token }),
    inspect(token, { showHidden: true, getters: true, depth: 9 }),
    inspect({ nested: { token } }),
    String(token),
    `${token}`,
    JSON.stringify({ ...token }),
    JSON.stringify(Object.entries(token)),
    inspect(new Error('failed', { cause: token })),
  ]

  expect(texts.join('\n')).not.toContain('the-very-secret')
  expect(texts[0]).toContain('ThreatHunting.Read.All')
})
