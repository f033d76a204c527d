import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ownFailure } from '../../src/errors.ts'
import type { NotificationEvent } from '../../src/notifications/event.ts'
import { writeMessage } from '../../src/notifications/webhooks/formats.ts'

function event(name: string, count = 1): NotificationEvent {
  return {
    type: 'schedule.findings',
    at: '2026-11-22T12:00:00.000Z',
    summary: `${name}: ${count} new rows`,
    url: 'https://tenantry.example/schedules/1/runs/2',
    schedule: { id: '1', name },
    query: { id: '3', name, version: 1 },
    run: { id: '2', dueAt: null, huntId: null },
    newRows: count,
    tenants: Array.from({ length: count }, (_, index) => ({ tenantId: `${index}`, name, newRows: 1 })),
    coverage: { asked: count + 1, answered: count, failed: 1, truncated: 0 },
  }
}

/** Every object of a message, however deep. */
function* objectsIn(value: unknown): Generator<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Record<string, unknown>
  for (const member of Object.values(value)) yield* objectsIn(member)
}

const names = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '<!channel>',
    '[open](http://198.51.100.7)',
    '*bold* _it_',
    '<at>everyone</at>',
    '&amp;',
    ':fire:',
  ),
)

test('names reach Teams only as text runs, which read no Markdown', () => {
  fc.assert(
    fc.property(names, name => {
      const message = JSON.parse(writeMessage('teams', event(name)))
      const kinds = [...objectsIn(message.attachments[0].content.body)].map(({ type }) => type)

      expect(new Set(kinds)).toEqual(new Set(['RichTextBlock', 'TextRun']))
      expect(message.attachments[0].contentType).toBe('application/vnd.microsoft.card.adaptive')
      expect(message.attachments[0].content.actions[0].url).toBe(
        'https://tenantry.example/schedules/1/runs/2',
      )
    }),
  )
})

test('names reach Slack only as plain text within its limits, and cannot mention anybody', () => {
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 400 }), (name, count) => {
      const message = JSON.parse(writeMessage('slack', event(name, count)))
      const texts = [...objectsIn(message.blocks)].filter(
        ({ type }) => type === 'plain_text' || type === 'mrkdwn',
      )

      expect(texts.every(({ type, emoji }) => type === 'plain_text' && emoji === false)).toBe(true)
      expect(texts.every(({ text }) => String(text).length <= 3000)).toBe(true)
      expect(message.blocks[0].text.text.length).toBeLessThanOrEqual(150)
      expect(message.text).not.toMatch(/[<>]/)
    }),
  )
})

test('people are told who did not answer, and programs get everything', () => {
  const many = event('Northwind', 30)

  const slack = JSON.parse(writeMessage('slack', many))
  const json = JSON.parse(writeMessage('json', many))

  expect(slack.blocks[1].text.text).toContain('and 18 more')
  expect(slack.blocks[1].text.text).toContain('Answered: 30 of 31; 1 could not be looked at')
  expect(json).toEqual(many)
})

test('a failure says why and what to do', () => {
  const failed: NotificationEvent = {
    type: 'schedule.failed',
    at: '2026-11-22T12:00:00.000Z',
    summary: 'Every morning could not run: no tenant is chosen',
    url: 'https://tenantry.example/schedules/1/runs/2',
    schedule: { id: '1', name: 'Every morning' },
    run: { id: '2', dueAt: null, huntId: null },
    problem: ownFailure({
      code: 'invalid',
      message: 'no tenant is chosen',
      remedy: 'Choose at least one tenant.',
    }),
  }

  expect(writeMessage('slack', failed)).toContain('What to do: Choose at least one tenant.')
  expect(writeMessage('teams', failed)).toContain('no tenant is chosen')
})
