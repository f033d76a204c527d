import pg from 'pg'

/** What processes tell each other about hunts. Never relied on alone: whoever listens also looks now and then. */
export type HuntNotice =
  | { kind: 'work' }
  | { kind: 'changed'; huntIds: string[] }
  | { kind: 'canceled'; huntId: string }
  /** Tables of results are to be removed: a tenant was offboarded. */
  | { kind: 'tables' }
  /** The connection was lost for a while: anything may have happened. */
  | { kind: 'missed' }

export type HuntChannel = {
  /** Connects; may be called again. */
  open(): Promise<void>
  /** @returns a function that ends it */
  listen(listener: (notice: HuntNotice) => void): () => void
  close(): Promise<void>
}

const name = 'tenantry_hunts'
const reconnectMs = 1000

/** PostgreSQL's payload ends at 8,000 bytes; 36 and a few per id. */
const idsPerNotice = 150

/** Notices by PostgreSQL's LISTEN, on a connection of their own that is made again when it breaks. */
export function createChannel(connectionString: string): HuntChannel {
  const listeners = new Set<(notice: HuntNotice) => void>()
  let client: pg.Client | null = null
  let opening: Promise<void> | null = null
  let retry: NodeJS.Timeout | undefined
  let closed = false

  function tell(notice: HuntNotice): void {
    for (const listener of listeners) listener(notice)
  }

  async function connect(): Promise<void> {
    const own = new pg.Client({ connectionString, application_name: 'tenantry hunts' })
    own.on('error', () => own.emit('lost'))
    own.once('end', () => own.emit('lost'))
    own.on('notification', ({ payload }) => {
      const notice = readNotice(payload)
      if (notice) tell(notice)
    })
    try {
      await own.connect()
      await own.query(`LISTEN ${name}`)
    } catch (error) {
      void own.end().catch(() => {})
      throw error
    }
    // Closed while it was being made again.
    if (closed) return own.end()
    client = own
    ;(own as NodeJS.EventEmitter).once('lost', () => {
      if (client !== own) return
      client = null
      void own.end().catch(() => {})
      again()
    })
  }

  function again(): void {
    if (closed) return
    retry = setTimeout(() => {
      connect().then(() => tell({ kind: 'missed' }), again)
    }, reconnectMs)
    retry.unref()
  }

  return {
    open() {
      opening ??= connect()
      return opening
    },

    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    async close() {
      closed = true
      clearTimeout(retry)
      listeners.clear()
      const own = client
      client = null
      await own?.end()
    },
  }
}

type Sender = { query(text: string, values: unknown[]): Promise<unknown> }

/** Sends a notice; within a transaction it goes out when that commits. */
export async function sendNotice(
  sender: Sender,
  notice: Exclude<HuntNotice, { kind: 'missed' }>,
): Promise<void> {
  if (notice.kind !== 'changed' || notice.huntIds.length <= idsPerNotice) {
    await sender.query('SELECT pg_notify($1, $2)', [name, JSON.stringify(notice)])
    return
  }
  for (let from = 0; from < notice.huntIds.length; from += idsPerNotice) {
    const huntIds = notice.huntIds.slice(from, from + idsPerNotice)
    await sender.query('SELECT pg_notify($1, $2)', [name, JSON.stringify({ kind: 'changed', huntIds })])
  }
}

/** Our own words, but a process of another version may have sent them. */
function readNotice(payload: string | undefined): HuntNotice | null {
  try {
    const notice = JSON.parse(payload ?? '') as HuntNotice
    return ['work', 'changed', 'canceled', 'tables'].includes(notice.kind) ? notice : null
  } catch {
    return null
  }
}
