import { PgBoss } from 'pg-boss'
import type { z } from 'zod'
import { nameInDatabase, poolConfig } from '../database/connections/connections.ts'

/** What a kind of job is called, what it is given and how many run at once in one process. */
export type JobKind<T extends object> = {
  name: string
  /** The job's data is read back through this, as it may have been written by another version. */
  data: z.ZodType<T>
  concurrency: number
  /** Seconds after which a job whose process died is given to another one. */
  expireInSeconds?: number
}

/** Work that outlives the process which asked for it. */
export type Jobs = {
  /** Does the jobs of one kind in this process; call before `start`. */
  handle<T extends object>(kind: JobKind<T>, work: (data: T, signal: AbortSignal) => Promise<void>): void
  /** Writes a job. At most one per `key` waits: asking twice costs nothing. */
  enqueue<T extends object>(
    kind: JobKind<T>,
    data: T,
    when: { key: string; afterSeconds?: number },
  ): Promise<void>
  /** Repeats a job without data by the clock, once for all processes. */
  repeat(kind: JobKind<Record<string, never>>, cron: string): void
  /** Connects; with `work: false` jobs are only written (command line, web-only processes). */
  start(options: { work: boolean }): Promise<void>
  isReady(): Promise<boolean>
  /** Lets running jobs finish, at most `timeoutMs`. */
  stop(timeoutMs: number): Promise<void>
}

/**
 * @param onError is told of every failure of the queue itself and of jobs that threw
 * @see pg-boss documentation, "Workers", "Scheduling"
 */
export function createJobs({
  connectionString,
  connections,
  onError,
}: {
  connectionString: string
  /** At most. */
  connections: number
  onError: (error: unknown, job: string | null) => void
}): Jobs {
  const boss = new PgBoss({
    ...poolConfig(connectionString, { name: 'jobs', max: connections }),
    schema: nameInDatabase(connectionString, 'pgboss'),
    // Each of these is a poll of its own; the defaults are for busier queues.
    superviseIntervalSeconds: 120,
    clockMonitorIntervalSeconds: 600,
  })
  boss.on('error', error => onError(error, null))
  const kinds = new Map<string, JobKind<object>>()
  const handlers = new Map<string, (data: unknown, signal: AbortSignal) => Promise<void>>()
  const repeated: { name: string; cron: string }[] = []
  let started = false

  async function ensureQueue(kind: JobKind<object>): Promise<void> {
    if (kinds.has(kind.name)) return
    await boss.createQueue(kind.name, {
      policy: 'short',
      notify: true,
      retryLimit: 3,
      retryDelay: 5,
      retryBackoff: true,
      expireInSeconds: kind.expireInSeconds ?? 300,
      deleteAfterSeconds: 24 * 3600,
    })
    kinds.set(kind.name, kind)
  }

  const wanted: JobKind<object>[] = []

  return {
    handle(kind, work) {
      wanted.push(kind as JobKind<object>)
      handlers.set(kind.name, async (data, signal) => work(kind.data.parse(data), signal))
    },

    async enqueue(kind, data, { key, afterSeconds = 0 }) {
      await ensureQueue(kind as JobKind<object>)
      await boss.send(kind.name, data, {
        ...(afterSeconds > 0 ? { startAfter: afterSeconds } : {}),
        singletonKey: key,
      })
    },

    repeat(kind, cron) {
      repeated.push({ name: kind.name, cron })
    },

    async start({ work }) {
      await boss.start()
      started = true
      for (const kind of wanted) await ensureQueue(kind)
      if (!work) return
      for (const { name, concurrency } of wanted) {
        await boss.work(
          name,
          {
            batchSize: 1,
            localConcurrency: concurrency,
            pollingIntervalSeconds: 1,
            notifyPollingIntervalSeconds: 1,
          },
          async jobs => {
            for (const job of jobs) {
              try {
                await handlers.get(name)?.(job.data, job.signal)
              } catch (error) {
                onError(error, name)
                throw error
              }
            }
          },
        )
      }
      for (const { name, cron } of repeated)
        await boss.schedule(name, cron, {}, { tz: 'UTC', singletonKey: 'by the clock' })
    },

    async isReady() {
      return started && (await boss.isInstalled())
    },

    async stop(timeoutMs) {
      if (!started) return
      started = false
      await boss.stop({ graceful: true, timeout: timeoutMs })
    },
  }
}
