import { randomBytes } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, beforeEach, onTestFinished } from 'vitest'
import { createAudit } from '../../src/audit/audit.ts'
import type { FindingsEvent } from '../../src/notifications/event.ts'
import { createDeliveries } from '../../src/notifications/webhooks/deliveries.ts'
import { createSender } from '../../src/notifications/webhooks/send.ts'
import type { WebhookDraft } from '../../src/notifications/webhooks/view.ts'
import { createWebhooks } from '../../src/notifications/webhooks/webhooks.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/database.ts'

const key = randomBytes(32)

/** State of a test file: its database, and the time that webhooks see. */
export const given = { database: undefined as unknown as TestDatabase, time: new Date() }

/** Call once in a test file. */
export function useWebhooks(): void {
  beforeAll(async () => {
    given.database = await createTestDatabase()
  })
  afterAll(() => given.database.drop())
  beforeEach(async () => {
    given.time = new Date('2026-11-22T12:00:00Z')
    await given.database.db.webhook.deleteMany()
  })
}

export type Received = { headers: IncomingHttpHeaders; body: string }

/** A receiver on this machine; it answers what it is told to, the last one for good. */
export async function givenReceiver(
  ...answers: (number | { status: number; headers: Record<string, string> })[]
) {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', piece => pieces.push(piece))
    request.on('end', () => {
      const answer = answers[Math.min(received.length, answers.length - 1)] ?? 200
      received.push({ headers: request.headers, body: Buffer.concat(pieces).toString() })
      if (typeof answer === 'number') response.writeHead(answer)
      else response.writeHead(answer.status, answer.headers)
      response.end('ok')
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  onTestFinished(async () => {
    await new Promise(done => server.close(done))
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/hook`, received }
}

export function webhookStage() {
  const { db } = given.database
  const waiting: { id: string; afterSeconds: number }[] = []
  const enqueue = async (id: string, afterSeconds: number) => void waiting.push({ id, afterSeconds })
  const now = () => given.time
  const sender = createSender()
  onTestFinished(() => sender.close())
  const deliveries = createDeliveries({ db, key, sender, enqueue, now })
  const audit = createAudit({ db, key })
  const webhooks = createWebhooks({ db, audit, key, enqueue, publicUrl: 'https://tenantry.example', now })
  return { deliveries, webhooks, waiting }
}

export function draft(url: string, changes: Partial<WebhookDraft> = {}): WebhookDraft {
  return { name: 'Ticket system', url, format: 'json', allowPrivate: true, limitedToTags: [], ...changes }
}

export function findings(changes: Partial<FindingsEvent> = {}): FindingsEvent {
  return {
    type: 'schedule.findings',
    at: given.time.toISOString(),
    summary: 'Every morning: 3 new rows in 1 tenant',
    url: 'https://tenantry.example/schedules/1/runs/2',
    schedule: { id: '1', name: 'Every morning' },
    query: { id: '3', name: 'Macro documents', version: 1 },
    run: { id: '2', dueAt: null, huntId: null },
    newRows: 3,
    tenants: [{ tenantId: '4', name: 'Northwind', newRows: 3 }],
    coverage: { asked: 2, answered: 1, failed: 1, truncated: 0 },
    ...changes,
  }
}

/** Writes an event to all webhooks and tries each message until nobody waits any more. */
export async function deliver(
  { deliveries, waiting }: ReturnType<typeof webhookStage>,
  event: FindingsEvent | null = findings(),
) {
  if (event) {
    const send = await given.database.db.$transaction(tx => deliveries.write(tx, () => event))
    await send()
  }
  const pauses: number[] = []
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    if (next.afterSeconds > 0) pauses.push(next.afterSeconds)
    given.time = new Date(given.time.getTime() + next.afterSeconds * 1000)
    await deliveries.attempt(next.id)
  }
  return pauses
}
