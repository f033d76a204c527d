import type { Log } from '../log.ts'
import type { Database } from '../platform/database/index.ts'
import { type AuditEventView, toAuditView } from './audit-view.ts'
import { claimForward, keepForwards, noteForwarded, rowsAfter } from './store.ts'
import { type Post, postOrThrow } from './targets/post.ts'
import { type SyslogTarget, sendSyslog } from './targets/syslog.ts'

/** Where events go; settings/audit-targets.ts reads the same shapes. */
export type ForwardTarget = { kind: 'webhook'; url: string } | ({ kind: 'syslog' } & SyslogTarget)

const everyMs = 5_000
const batch = 200

/**
 * Sends every event, in order, to a place that collects logs. How far it came
 * is in the database: what a process that was killed had under way is sent
 * once more, and nothing is left out.
 */
export function createForwarding({
  db,
  target,
  post,
  log,
  now = () => new Date(),
}: {
  db: Database
  target: ForwardTarget | null
  post: Post
  log: Log
  now?: () => Date
}) {
  const name =
    target && (target.kind === 'syslog' ? `syslog ${target.host}` : `https ${new URL(target.url).host}`)
  let timer: NodeJS.Timeout | null = null
  let sending: Promise<unknown> | null = null

  async function send(events: AuditEventView[]): Promise<void> {
    if (target?.kind === 'syslog') {
      await sendSyslog(
        target,
        events.map(event => ({ at: event.at, id: 'audit-event', text: JSON.stringify(event) })),
      )
    } else if (target) {
      const body = JSON.stringify({ type: 'audit.events', events })
      await postOrThrow(post, { url: target.url, allowPrivate: true, headers: {}, body })
    }
  }

  /** @returns events sent now */
  async function forward(): Promise<number> {
    if (!name) return 0
    const claimed = await claimForward(db, name, now())
    if (claimed === null) return 0
    let lastId = claimed
    let sent = 0
    try {
      const until = now().getTime() + 60_000
      while (now().getTime() < until) {
        const rows = await rowsAfter(db, lastId, batch)
        if (rows.length === 0) break
        await send(rows.map(toAuditView))
        lastId = rows.at(-1)?.id ?? lastId
        sent += rows.length
      }
    } finally {
      await noteForwarded(db, name, lastId)
    }
    return sent
  }

  const forwardNow = (): Promise<unknown> => {
    sending ??= forward()
      .catch(error =>
        log.warn({ err: error, target: name }, 'audit events were not forwarded, they are sent again'),
      )
      .finally(() => {
        sending = null
      })
    return sending
  }

  return {
    forward,

    async start(): Promise<void> {
      await keepForwards(db, name ? [name] : [])
      if (!name) return
      timer = setInterval(() => void forwardNow(), everyMs)
      timer.unref()
    },

    async stop(): Promise<void> {
      if (timer) clearInterval(timer)
      timer = null
      await sending
    },
  }
}
