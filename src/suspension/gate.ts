import type { RemoteService } from '../errors.ts'
import { type Gate, suspendedError } from '../microsoft/http/gate.ts'
import { createListener } from '../platform/database/notices/listener.ts'
import { everything, type SuspensionRow } from './store.ts'

/** The channel on which processes hear that the rows changed. */
export const suspensionChannel = 'tenantry_suspension'

/** The rows are read again as often as this, in case a notice was lost. */
const readEveryMs = 1_000
/** Older knowledge than this lets no call pass before the rows are read again. */
const trustedMs = 3_000

export type SuspensionGate = Gate & {
  /** Listens, and reads the rows; when they cannot be read every call is refused until they can. */
  start(): Promise<void>
  /** Reads the rows as they are now. @throws Error of the database */
  refresh(): Promise<void>
  /** What holds as far as this process knows: the rows as last read. */
  rows(): readonly SuspensionRow[]
  stop(): Promise<void>
}

type UnderWay = { tenantId: string; service: RemoteService; abort: AbortController }

/**
 * The kill switch of one process, in the one way out (`microsoft/http`). It
 * knows the rows by a notice at each change and by reading them each second;
 * without fresh knowledge nothing passes, so that neither a lost notice nor a
 * database that is away leaves a process calling.
 *
 * @param exempt the partner's own tenant: staff sign in there, and whoever ends a suspension has to
 * @param onSuspended forgets the tokens of a tenant, or of all (null)
 */
export function createSuspensionGate({
  read,
  connectionString,
  exempt,
  onSuspended,
  onError,
  now = () => performance.now(),
}: {
  read: () => Promise<SuspensionRow[]>
  connectionString: string
  exempt: string
  onSuspended: (tenantId: string | null) => void
  onError: (error: unknown) => void
  /** Milliseconds that only grow. */
  now?: () => number
}): SuspensionGate {
  const underWay = new Set<UnderWay>()
  let rows: SuspensionRow[] = []
  let scopes = new Map<string, SuspensionRow>()
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | null = null
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  const listener = createListener({
    connectionString,
    channel: suspensionChannel,
    name: 'suspension',
    onPayload: again,
    onGap: again,
    onError,
  })

  function again(): void {
    void readAgain().catch(report)
  }

  /** A read that began before the notice, or the change, may not see it. */
  async function readAgain(): Promise<void> {
    await reading?.catch(() => {})
    await refresh()
  }

  function report(error: unknown): void {
    if (!isStopped) onError(error)
  }

  function refresh(): Promise<void> {
    const startedAt = now()
    reading ??= read()
      .then(found => {
        readAt = startedAt
        apply(found)
      })
      .finally(() => {
        reading = null
      })
    return reading
  }

  function apply(found: SuspensionRow[]): void {
    const before = scopes
    rows = found
    scopes = new Map(found.map(row => [row.scope, row]))
    for (const row of found) {
      if (before.has(row.scope)) continue
      onSuspended(row.tenantId)
      for (const call of underWay) {
        const held = heldBy(call.tenantId)
        if (held) call.abort.abort(suspendedError(call.service, wordsOf(held)))
      }
    }
  }

  function heldBy(tenantId: string): SuspensionRow | null {
    return scopes.get(everything) ?? scopes.get(tenantId) ?? null
  }

  return {
    async run(call, work) {
      const tenantId = call.tenantId?.toLowerCase() ?? null
      if (tenantId === null || tenantId === exempt) return work(call.signal)
      if (now() - readAt > trustedMs) {
        await refresh().catch(error => {
          report(error)
          throw suspendedError(call.service, unknown)
        })
      }
      const held = heldBy(tenantId)
      if (held) throw suspendedError(call.service, wordsOf(held))

      const abort = new AbortController()
      const pass = () => abort.abort(call.signal?.reason)
      const entry = { tenantId, service: call.service, abort }
      if (call.signal?.aborted) pass()
      call.signal?.addEventListener('abort', pass, { once: true })
      underWay.add(entry)
      watch()
      try {
        return await work(abort.signal)
      } finally {
        underWay.delete(entry)
        call.signal?.removeEventListener('abort', pass)
      }
    },

    async start() {
      watch()
      await Promise.all([listener.start(), refresh().catch(report)])
    },

    refresh: readAgain,
    rows: () => rows,

    async stop() {
      isStopped = true
      clearInterval(timer)
      await reading?.catch(() => {})
      await listener.stop()
    },
  }

  /** A command may call out without having started anything. */
  function watch(): void {
    if (timer || isStopped) return
    timer = setInterval(() => void refresh().catch(report), readEveryMs)
    timer.unref()
  }
}

const unknown =
  'Whether calls are suspended is not known, as the database does not answer: none is made until it is.'

function wordsOf({ tenantId, reason, byLabel, since }: SuspensionRow): string {
  const what = tenantId === null ? 'All calls to customers' : 'Calls to this tenant'
  return `${what} are suspended since ${since.toISOString().slice(0, 16).replace('T', ' ')} UTC by ${byLabel}: ${reason}`
}
