import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { openResultTable, type ResultTable } from './result-table.ts'

/** Makes a table in the named file, encrypted with the key unless it is null. */
type Build = (file: string, key: string | null) => Promise<void>

/**
 * Files in which results are sorted and grouped, made when first needed. They
 * hold nothing that the database does not, and can be removed at any time.
 */
export type ResultCache = {
  /**
   * Works on the table of a hunt's result.
   *
   * @param state changes when the result does, so that an older file is not used
   * @param build makes the table in the named file
   */
  use<T>(
    huntId: string,
    state: string,
    build: Build,
    work: (connection: DuckDBConnection) => Promise<T>,
  ): Promise<T>
  /** The same for rows that are read bit by bit; the table stays until the last is taken or nobody wants more. */
  read<T>(
    huntId: string,
    state: string,
    build: Build,
    work: (connection: DuckDBConnection) => AsyncIterable<T>,
  ): AsyncGenerator<T>
  /** Removes the files of hunts for which `isKept` is false. */
  prune(isKept: (huntIds: string[]) => Promise<Set<string>>): Promise<void>
  clear(): Promise<void>
  close(): Promise<void>
}

type Open = { instance: Promise<ResultTable>; users: number; isDoomed: boolean }

const mostOpen = 6

/**
 * @param maxBytes of all files together; beyond, the least lately used go
 * @param keyOf encrypts each file with a key of its own, by its name
 */
export function createResultCache(
  folder: string,
  maxBytes: number,
  keyOf: ((name: string) => string) | null = null,
): ResultCache {
  const open = new Map<string, Open>()
  let builds: Promise<unknown> = Promise.resolve()
  let epoch = 0

  /** One table at a time is built: each takes a processor and a quarter of a gigabyte. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = builds.then(work)
    builds = turn.catch(() => {})
    return turn
  }

  async function make(file: string, huntId: string, build: Build): Promise<ResultTable> {
    const key = keyOf?.(basename(file)) ?? null
    if (!(await exists(file))) {
      await inTurn(async () => {
        if (await exists(file)) return
        await mkdir(folder, { recursive: true, mode: 0o700 })
        const draft = `${file}.${process.pid}.draft`
        try {
          let begun = Number.NaN
          // A tenant that left while its rows were copied must not stay in the copy.
          while (begun !== epoch) {
            begun = epoch
            await remove(draft)
            await build(draft, key)
          }
          await rename(draft, file)
        } catch (error) {
          await remove(draft)
          throw error
        }
        await removeOthers(huntId, file)
        await evict(file)
      })
    }
    const now = new Date()
    await utimes(file, now, now)
    return openResultTable(file, key)
  }

  async function removeOthers(huntId: string, file: string): Promise<void> {
    for (const other of await tables()) {
      if (other.huntId === huntId && other.path !== file) await drop(other.path)
    }
  }

  async function evict(keep: string): Promise<void> {
    const files = await Promise.all(
      (await tables()).map(async ({ path }) => ({ path, ...(await statOf(path)) })),
    )
    let bytes = files.reduce((sum, { size }) => sum + size, 0)
    for (const { path, size } of files.toSorted((a, b) => a.usedAt - b.usedAt)) {
      if (bytes <= maxBytes) return
      if (path === keep) continue
      await drop(path)
      bytes -= size
    }
  }

  async function tables(): Promise<{ path: string; huntId: string }[]> {
    const names = await readdir(folder).catch(() => [])
    return names
      .filter(name => name.endsWith('.duckdb'))
      .map(name => ({ path: join(folder, name), huntId: name.slice(0, 36) }))
  }

  /** A file that is read from goes once its readers are done; its name goes at once. */
  async function drop(path: string): Promise<void> {
    await remove(path)
    const entry = open.get(path)
    if (!entry) return
    open.delete(path)
    entry.isDoomed = true
    if (entry.users === 0) await shut(entry)
  }

  /** One that could not be made or opened is tried again by the next who asks. */
  async function opened(file: string, entry: Open): Promise<ResultTable> {
    try {
      return await entry.instance
    } catch (error) {
      if (open.get(file) === entry) open.delete(file)
      throw error
    }
  }

  async function shut({ instance }: Open): Promise<void> {
    const opened = await instance.catch(() => null)
    opened?.close()
  }

  async function closeIdle(): Promise<void> {
    for (const [path, entry] of open) {
      if (open.size <= mostOpen) return
      if (entry.users > 0) continue
      open.delete(path)
      await shut(entry)
    }
  }

  /** A connection that is the caller's until it is given back. */
  async function borrow(
    huntId: string,
    state: string,
    build: Build,
  ): Promise<{ connection: DuckDBConnection; giveBack: () => Promise<void> }> {
    // One that was made before the setting is another file.
    const file = join(folder, `${huntId}-${state}${keyOf ? '.sealed' : ''}.duckdb`)
    const entry = open.get(file) ?? { instance: make(file, huntId, build), users: 0, isDoomed: false }
    // The last used is the last in the map.
    open.delete(file)
    open.set(file, entry)
    entry.users++
    const leave = async () => {
      entry.users--
      if (entry.isDoomed && entry.users === 0) await shut(entry)
      await closeIdle()
    }
    try {
      const connection = await (await opened(file, entry)).connect()
      return {
        connection,
        giveBack() {
          connection.closeSync()
          return leave()
        },
      }
    } catch (error) {
      await leave()
      throw error
    }
  }

  return {
    async use(huntId, state, build, work) {
      const { connection, giveBack } = await borrow(huntId, state, build)
      try {
        return await work(connection)
      } finally {
        await giveBack()
      }
    },

    async *read(huntId, state, build, work) {
      const { connection, giveBack } = await borrow(huntId, state, build)
      try {
        yield* work(connection)
      } finally {
        await giveBack()
      }
    },

    async prune(isKept) {
      const files = await tables()
      const kept = await isKept([...new Set(files.map(({ huntId }) => huntId))])
      for (const { path, huntId } of files) if (!kept.has(huntId)) await drop(path)
    },

    async clear() {
      epoch++
      for (const { path } of await tables()) await drop(path)
    },

    async close() {
      const entries = [...open.values()]
      open.clear()
      await Promise.all(entries.map(shut))
    },
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

async function statOf(path: string): Promise<{ size: number; usedAt: number }> {
  const found = await stat(path).catch(() => null)
  return { size: found?.size ?? 0, usedAt: found?.mtimeMs ?? 0 }
}

async function remove(path: string): Promise<void> {
  await Promise.all([rm(path, { force: true }), rm(`${path}.wal`, { force: true })])
}
