import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { connect, nameInDatabase } from '../connections/connections.ts'

/** Listens to one channel of PostgreSQL's on a connection of its own, which is made again when it breaks. */
export type Listener = {
  /** Listens from now on. @throws Error when the database cannot be reached */
  start(): Promise<void>
  stop(): Promise<void>
}

export type ListenerOptions = {
  connectionString: string
  /** Name of the channel; lower case letters and `_`. Each installation of a database has its own. */
  channel: string
  /** What the server's list of sessions calls the connection. */
  name: string
  onPayload: (payload: string) => void
  /** Listening was interrupted: messages may have been missed. Called once it works again. */
  onGap: () => void
  onError: (error: unknown) => void
  /** Pause before the connection is made again, in milliseconds. */
  reconnectMs?: number
}

/** A connection that only listens would not notice that the other side is gone. */
const heartbeatMs = 10_000
const heartbeatAnswerMs = 5_000

/** @see PostgreSQL documentation, "LISTEN" */
export function createListener(options: ListenerOptions): Listener {
  const { connectionString, name, onPayload, onGap, onError, reconnectMs = 1000 } = options
  const channel = nameInDatabase(connectionString, options.channel)
  const stopping = new AbortController()
  let listener: pg.Client | null = null

  async function listen(): Promise<void> {
    const client = await connect(connectionString, { name, onError })
    client.on('notification', ({ payload }) => onPayload(payload ?? ''))
    await client.query(`listen ${client.escapeIdentifier(channel)}`)
    if (stopping.signal.aborted) return await client.end()
    listener = client
    const heartbeat = setInterval(() => void feel(client), heartbeatMs)
    heartbeat.unref()
    client.once('end', () => {
      clearInterval(heartbeat)
      if (listener === client) listener = null
      if (!stopping.signal.aborted) void listenAgain()
    })
  }

  /** Ends a connection on which no answer comes; its end has it made again. */
  async function feel(client: pg.Client): Promise<void> {
    const question = { text: 'SELECT 1', query_timeout: heartbeatAnswerMs }
    await client.query(question).catch(() => client.end().catch(() => {}))
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

  return {
    start: listen,

    async stop() {
      stopping.abort()
      await listener?.end()
    },
  }
}
