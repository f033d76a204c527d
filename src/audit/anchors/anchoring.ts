import type { Log } from '../../log.ts'
import type { Database } from '../../platform/database/index.ts'
import { readHead } from '../store.ts'
import { sealAnchor } from './anchor.ts'
import type { AnchorSink } from './sinks.ts'

/** How often the head is looked at. */
const lookEveryMs = 10_000
/** It is written when this many events came since, or after this time when any did. */
const mostEvents = 100
const longestMs = 60_000

/**
 * Writes the end of the chain to places that the database cannot reach: at the
 * start, at the stop, and at most a minute after an event between them. A place
 * that does not take it is tried again with the next head.
 */
export function createAnchoring({
  db,
  key,
  sinks,
  log,
  now = () => new Date(),
}: {
  db: Database
  key: Buffer
  sinks: AnchorSink[]
  log: Log
  now?: () => Date
}) {
  /** By sink: the head it took last, and when. */
  const taken = new Map<AnchorSink, { id: bigint; hash: string; at: number }>()
  let timer: NodeJS.Timeout | null = null
  let writing: Promise<void> = Promise.resolve()

  async function write(isForced: boolean): Promise<void> {
    const head = await readHead(db)
    if (!head) return
    const at = now()
    const due = sinks.filter(sink => {
      const last = taken.get(sink)
      if (!last) return true
      if (last.id === head.id && last.hash === head.hash) return false
      const isBack = head.id <= last.id
      return isForced || isBack || head.id - last.id >= mostEvents || at.getTime() - last.at >= longestMs
    })
    const anchor = sealAnchor(key, { id: head.id.toString(), hash: head.hash, at: at.toISOString() })
    await Promise.all(
      due.map(async sink => {
        try {
          await sink.write(anchor)
          taken.set(sink, { id: head.id, hash: head.hash, at: at.getTime() })
        } catch (error) {
          log.warn({ err: error, place: sink.name }, "the audit's head was not taken, it is tried again")
        }
      }),
    )
  }

  /** One write after the other, so that lines are in order. */
  function writeNow(isForced: boolean): Promise<void> {
    writing = writing
      .then(() => write(isForced))
      .catch(error => log.warn({ err: error }, "the audit's head was not read"))
    return writing
  }

  return {
    /** Writes the head as it is now to every place that does not have it. */
    writeHead: () => writeNow(true),

    async start(): Promise<void> {
      await writeNow(true)
      timer = setInterval(() => void writeNow(false), lookEveryMs)
      timer.unref()
    },

    /** Writes the head a last time. */
    async stop(): Promise<void> {
      if (timer) clearInterval(timer)
      if (timer) await writeNow(true)
      timer = null
    },
  }
}
