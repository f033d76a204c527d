import { notifyChannel } from '../../platform/database/notices/channels.ts'
import { createListener } from '../../platform/database/notices/listener.ts'

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

const channel = 'tenantry_hunts'

/** PostgreSQL's payload ends at 8,000 bytes; 36 and a few per id. */
const idsPerNotice = 150

export function createChannel(connectionString: string, onError: (error: unknown) => void): HuntChannel {
  const listeners = new Set<(notice: HuntNotice) => void>()
  let opening: Promise<void> | null = null

  function tell(notice: HuntNotice): void {
    for (const listener of listeners) listener(notice)
  }

  const connection = createListener({
    connectionString,
    channel,
    name: 'hunt notices',
    onPayload(payload) {
      const notice = readNotice(payload)
      if (notice) tell(notice)
    },
    onGap: () => tell({ kind: 'missed' }),
    onError,
  })

  return {
    open() {
      opening ??= connection.start()
      return opening
    },

    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },

    async close() {
      listeners.clear()
      await connection.stop()
    },
  }
}

/** Sends a notice; within a transaction it goes out when that commits. */
export async function sendNotice(
  client: Parameters<typeof notifyChannel>[0],
  notice: Exclude<HuntNotice, { kind: 'missed' }>,
): Promise<void> {
  if (notice.kind !== 'changed') return await notifyChannel(client, channel, JSON.stringify(notice))
  for (let from = 0; from < notice.huntIds.length; from += idsPerNotice) {
    const huntIds = notice.huntIds.slice(from, from + idsPerNotice)
    await notifyChannel(client, channel, JSON.stringify({ kind: 'changed', huntIds }))
  }
}

/** Our own words, but a process of another version may have sent them. */
function readNotice(payload: string): HuntNotice | null {
  try {
    const notice = JSON.parse(payload) as HuntNotice
    return ['work', 'changed', 'canceled', 'tables'].includes(notice.kind) ? notice : null
  } catch {
    return null
  }
}
