import { createServer, type Socket } from 'node:net'
import pg from 'pg'

/**
 * A pooler in transaction mode, as PgBouncer's: it answers a client's start by
 * itself, gives it one of its own sessions of the server for one transaction,
 * and the session to whoever comes next.
 */
export async function startTransactionPooler(
  adminUrl: string,
  sessions: number,
): Promise<{ url: string; close(): Promise<void> }> {
  const free = await Promise.all(Array.from({ length: sessions }, () => openSession(adminUrl)))
  const all = [...free]
  const waiting: (() => void)[] = []

  const server = createServer(client => {
    let session: Session | null = null
    let isStarted = false
    let pending: Buffer[] = []
    client.on('error', () => {})

    const forward = (): void => {
      session ??= free.pop() ?? null
      if (!session) return void waiting.push(forward)
      session.onData = (data, isIdle) => {
        client.write(data)
        if (!isIdle || !session) return
        free.push(session)
        session = null
        waiting.shift()?.()
      }
      for (const data of pending) session.socket.write(data)
      pending = []
    }

    client.on('data', data => {
      if (!isStarted) {
        isStarted = true
        return client.write(startAnswer)
      }
      // Terminate ends the client, not the session that it has borrowed.
      if (data[0] === 0x58) return client.end()
      pending.push(data)
      forward()
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  const url = new URL(adminUrl)
  url.port = String(typeof address === 'object' && address ? address.port : 0)

  return {
    url: url.href,
    async close() {
      for (const { socket } of all) socket.destroy()
      await new Promise(done => server.close(done))
    },
  }
}

type Session = { socket: Socket; onData: (data: Buffer, isIdle: boolean) => void }

/** A session of the server whose socket is read and written as it is. */
async function openSession(adminUrl: string): Promise<Session> {
  const client = new pg.Client({ connectionString: adminUrl })
  client.on('error', () => {})
  await client.connect()
  const socket = (client as unknown as { connection: { stream: Socket } }).connection.stream
  socket.removeAllListeners('data')
  const session: Session = { socket, onData: () => {} }
  let rest = Buffer.alloc(0)
  socket.on('data', data => {
    rest = Buffer.concat([rest, data])
    let isIdle = false
    while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
      const length = 1 + rest.readUInt32BE(1)
      // ReadyForQuery, outside of a transaction.
      if (rest[0] === 0x5a) isIdle = rest[5] === 0x49
      rest = rest.subarray(length)
    }
    session.onData(data, isIdle)
  })
  return session
}

/** AuthenticationOk, a BackendKeyData of its own, ReadyForQuery. */
const startAnswer = Buffer.concat([
  Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0]),
  Buffer.from([0x4b, 0, 0, 0, 12, 0x7f, 0xff, 0xff, 0xfe, 1, 2, 3, 4]),
  Buffer.from([0x5a, 0, 0, 0, 5, 0x49]),
])
