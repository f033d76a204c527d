import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { z } from 'zod'
import type { Database } from './index.ts'

/** Short messages to the other processes that share the database. */
export type Broadcast<T> = {
  /**
   * Tells the others. What cannot be sent is reported to `onError` and lost:
   * whoever listens must be able to live without it for a while.
   */
  send(message: T): void
  /** Listens from now on. @throws Error when the database cannot be reached */
  start(): Promise<void>
  /** Waits for what is being sent and listens no more. */
  stop(): Promise<void>
}

export type BroadcastOptions<T> = {
  connectionString: string
  /** Sends: its pool outlives a listening connection that broke. */
  db: Database
  /** Name of the PostgreSQL channel; lower case letters and `_`. */
  channel: string
  /** Messages are read back through this, as another version may have written them. */
  schema: z.ZodType<T>
  /** A message of another process. */
  onMessage: (message: T) => void
  /** Listening was interrupted: messages may have been missed. Called once it works again. */
  onGap: () => void
  onError: (error: unknown) => void
  /** Pause before the connection is made again, in milliseconds. */
  reconnectMs?: number
}

/**
 * PostgreSQL's LISTEN and NOTIFY between processes: at most once, in order,
 * up to 8,000 bytes a message.
 *
 * @see PostgreSQL documentation, "NOTIFY"
 */
export function createBroadcast<T>(options: BroadcastOptions<T>): Broadcast<T> {
  const { connectionString, db, channel, schema, onMessage, onGap, onError, reconnectMs = 1000 } = options
  const self = randomUUID()
  const envelope = z.object({ from: z.string(), message: schema })
  const sending = new Set<Promise<void>>()
  const stopping = new AbortController()
  let listener: pg.Client | null = null

  async function listen(): Promise<void> {
    const client = new pg.Client({
      connectionString,
      keepAlive: true,
      application_name: 'tenantry broadcast',
    })
    client.on('notification', ({ payload }) => hear(payload ?? ''))
    // Without a listener for it, a connection that breaks would end the process.
    client.on('error', onError)
    await client.connect()
    await client.query(`listen ${client.escapeIdentifier(channel)}`)
    if (stopping.signal.aborted) return await client.end()
    listener = client
    client.once('end', () => {
      if (listener === client) listener = null
      if (!stopping.signal.aborted) void listenAgain()
    })
  }

  async function listenAgain(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await sleep(reconnectMs, undefined, { signal: stopping.signal, ref: false })
        await listen()
        return onGap()
      } catch (error) {
        if (!stopping.signal.aborted) onError(error)
      }
    }
  }

  function hear(payload: string): void {
    try {
      const { from, message } = envelope.parse(JSON.parse(payload))
      if (from !== self) onMessage(message)
    } catch (error) {
      onError(error)
    }
  }

  return {
    send(message) {
      const payload = JSON.stringify({ from: self, message })
      const sent: Promise<void> = db.$executeRaw`select pg_notify(${channel}, ${payload})`
        .then(() => undefined, onError)
        .finally(() => sending.delete(sent))
      sending.add(sent)
    },

    start: listen,

    async stop() {
      await Promise.all(sending)
      stopping.abort()
      await listener?.end()
    },
  }
}
