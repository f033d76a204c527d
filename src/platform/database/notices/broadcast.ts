import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import type { Database } from '../index.ts'
import { notifyChannel } from './channels.ts'
import { createListener } from './listener.ts'

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
  const { connectionString, db, schema, onMessage, onGap, onError, reconnectMs } = options
  const self = randomUUID()
  const envelope = z.object({ from: z.string(), message: schema })
  const sending = new Set<Promise<void>>()
  const listener = createListener({
    connectionString,
    channel: options.channel,
    name: 'broadcast',
    onPayload: hear,
    onGap,
    onError,
    ...(reconnectMs === undefined ? {} : { reconnectMs }),
  })

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
      const sent: Promise<void> = notifyChannel(db, options.channel, payload)
        .catch(onError)
        .finally(() => sending.delete(sent))
      sending.add(sent)
    },

    start: listener.start,

    async stop() {
      await Promise.all(sending)
      await listener.stop()
    },
  }
}
