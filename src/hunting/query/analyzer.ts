import { LRUCache } from 'lru-cache'
import { AppError } from '../../errors.ts'
import { createChildPool, PoolFull, TaskEnded } from '../../platform/child-pool/child-pool.ts'
import { type AnalysisTask, maxYamlDocuments, type YamlDocument } from './analysis-task.ts'
import { maxQueryLength, type QueryAnalysis } from './query-analysis.ts'
import { refused } from './refused-query.ts'

export type AnalyzeOptions = {
  /** Who asks: one caller's queries are analysed one at a time. */
  caller: string
  /** Aborted when nobody waits for the answer any more. */
  signal?: AbortSignal
}

export type AnalyzerLimits = {
  /** Of one analysis. */
  limitMs: number
  /** Old space of a process; the query language itself takes about 90. */
  memoryMb: number
  processes: number
}

const defaultLimits: AnalyzerLimits = { limitMs: 10_000, memoryMb: 512, processes: 2 }

/** A text that took too long is not tried again for so long: perhaps the machine was busy. */
const tooComplexTtlMs = 10 * 60_000

/** Longer files of queries are refused unread. UTF-16 code units. */
const maxYamlLength = 2_000_000

/** An analysis under way, and how many wait for it. */
type Run = { result: Promise<QueryAnalysis>; waiting: number; stop: AbortController }

export type QueryAnalyzer = ReturnType<typeof createQueryAnalyzer>

/**
 * Analyses queries, each an outsider's program, in processes of their own:
 * with limits on length, depth, time and memory, once for each text, and no
 * longer than somebody waits for the answer.
 */
export function createQueryAnalyzer(limits: Partial<AnalyzerLimits> = {}) {
  const { limitMs, memoryMb, processes } = { ...defaultLimits, ...limits }
  const pool = createChildPool({
    entry: new URL('./analysis/child.ts', import.meta.url),
    size: processes,
    memoryMb,
    limitMs,
    idleMs: 60_000,
    maxWaiting: { group: 20, all: 200 },
  })
  const known = new LRUCache<string, QueryAnalysis>({
    max: 2000,
    maxSize: 32 * 1024 ** 2,
    sizeCalculation: sizeOf,
  })
  const runs = new Map<string, Run>()

  async function perform(query: string, caller: string, signal: AbortSignal): Promise<QueryAnalysis> {
    let parsedOnly: QueryAnalysis | null = null
    const task: AnalysisTask = { kind: 'analyze', query }
    try {
      const analysis = (await pool.run(task, {
        group: caller,
        signal,
        onNote: note => {
          parsedOnly = note as QueryAnalysis
        },
      })) as QueryAnalysis
      known.set(query, analysis)
      return analysis
    } catch (error) {
      if (error instanceof PoolFull) throw tooMany(error)
      if (!(error instanceof TaskEnded)) throw error
      if (!parsedOnly && error.reason === 'crash') throw notReady(error)
      const analysis = parsedOnly ?? refusedAsTooComplex(query)
      known.set(query, analysis, { ttl: tooComplexTtlMs })
      return analysis
    }
  }

  function begin(query: string, caller: string): Run {
    const stop = new AbortController()
    const result = perform(query, caller, stop.signal).finally(() => {
      if (runs.get(query) === run) runs.delete(query)
    })
    // When all who waited have gone, nobody looks at how it ended.
    result.catch(() => {})
    const run: Run = { result, waiting: 0, stop }
    runs.set(query, run)
    return run
  }

  return {
    /**
     * What is known of a query, whatever it holds.
     *
     * @throws AppError `too_many_requests` when the caller has too many queries waiting; `not_ready` when
     * the query language cannot be loaded; `gone` when the signal ends the wait
     */
    async analyze(query: string, { caller, signal }: AnalyzeOptions): Promise<QueryAnalysis> {
      if (query.length > maxQueryLength) return refusedAsTooLong(query)
      if (query.includes('\u0000')) return refusedForNul(query)
      const found = known.get(query)
      if (found) return found
      if (signal?.aborted) throw callerGone()

      const run = runs.get(query) ?? begin(query, caller)
      run.waiting++
      const gone = Promise.withResolvers<never>()
      const onAbort = (): void => {
        if (--run.waiting === 0) {
          runs.delete(query)
          run.stop.abort()
        }
        gone.reject(callerGone())
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      try {
        return await Promise.race([run.result, gone.promise])
      } finally {
        signal?.removeEventListener('abort', onAbort)
      }
    },

    /**
     * The documents of a YAML text, an outsider's as well, read within the same limits.
     *
     * @throws AppError `too_large`, `invalid`, and as `analyze`
     */
    async readYaml(text: string, { caller, signal }: AnalyzeOptions): Promise<YamlDocument[]> {
      if (text.length > maxYamlLength) throw tooLarge(`the file has more than ${maxYamlLength} characters`)
      const task: AnalysisTask = { kind: 'read-yaml', text }
      try {
        const documents = (await pool.run(task, { group: caller, signal })) as YamlDocument[]
        if (documents.length <= maxYamlDocuments) return documents
        throw tooLarge(`the file has more than ${maxYamlDocuments} documents`)
      } catch (error) {
        if (signal?.aborted) throw callerGone()
        if (error instanceof PoolFull) throw tooMany(error)
        if (!(error instanceof TaskEnded)) throw error
        if (error.reason === 'crash') throw notReady(error)
        throw new AppError('invalid', 'the file is too complex to be read in time', {
          remedy: 'Divide it into smaller files.',
          cause: error,
        })
      }
    },

    /** Loads the query language. @throws Error when it cannot be loaded */
    ready: () => pool.ready(),

    close: () => pool.close(),
  }
}

function sizeOf(analysis: QueryAnalysis, query: string): number {
  return 1 + 2 * (query.length + JSON.stringify(analysis).length)
}

function refusedAsTooLong(query: string): QueryAnalysis {
  return refused(query, {
    message: `The query has ${query.length} characters; ${maxQueryLength} are the most.`,
    remedy: 'Shorten the query, for example by moving long lists into externaldata or a join.',
    start: maxQueryLength,
    length: query.length - maxQueryLength,
  })
}

/** No text in the database can hold it, and no query needs it. */
function refusedForNul(query: string): QueryAnalysis {
  return refused(query, {
    message: 'The query holds a NUL character.',
    remedy: 'Remove it; a file in UTF-16 that was read as another encoding has one beside each letter.',
    start: query.indexOf('\u0000'),
    length: 1,
  })
}

function refusedAsTooComplex(query: string): QueryAnalysis {
  return refused(query, {
    message: 'The query is too complex to be read in time.',
    remedy: 'Shorten it, or divide it into several queries.',
    start: 0,
    length: query.length,
  })
}

function tooMany(cause: unknown): AppError {
  return new AppError('too_many_requests', 'too many queries wait to be checked', {
    remedy: 'Wait until the ones before are checked, then try again.',
    cause,
  })
}

function tooLarge(message: string): AppError {
  return new AppError('too_large', message, { remedy: 'Divide it into smaller files.' })
}

function notReady(cause: unknown): AppError {
  return new AppError('not_ready', 'the query cannot be checked now', {
    remedy: 'Try again in a moment; if it happens again, the log names the cause.',
    cause,
  })
}

function callerGone(): AppError {
  return new AppError('gone', 'the query was not checked, since nobody waits for the answer')
}
