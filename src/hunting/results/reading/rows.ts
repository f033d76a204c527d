import type { Actor } from '../../../tenants/actor.ts'
import { decodeChunk } from '../chunks/chunk.ts'
import type { ExportChunk } from '../export/source.ts'
import type { Row } from '../model.ts'
import { rowUnifier } from '../unify-rows.ts'
import { type ColumnUnion, unionColumns } from '../union-columns.ts'
import type { StoredChunk } from './result-table.ts'
import type { ChunkPosition, ReadingStore } from './store.ts'

/** Chunks fetched at once: as many as stay within this together. */
const bytesAtOnce = 4 * 1024 * 1024
const chunksAtOnce = 64

/** The columns of a result over the tenants that the actor may see. */
export async function readColumns(store: ReadingStore, actor: Actor, huntId: string): Promise<ColumnUnion> {
  const shared = await store.columns(actor, huntId)
  return unionColumns(
    shared.flatMap(({ columns, tenantIds }) => tenantIds.map(tenantId => ({ tenantId, columns }))),
  )
}

/**
 * All rows in the order of the result, chunk by chunk. The next chunks are
 * fetched while the last ones are worked on; no more than a few megabytes are
 * held.
 */
export async function* readChunks(
  store: ReadingStore,
  actor: Actor,
  huntId: string,
): AsyncGenerator<ExportChunk> {
  for await (const fetched of fetchAll(store, huntId, await store.positions(actor, huntId)))
    yield* decode(fetched)
}

/** All rows as they are stored, in the same order. */
export async function* readStored(
  store: ReadingStore,
  actor: Actor,
  huntId: string,
): AsyncGenerator<StoredChunk> {
  for await (const fetched of fetchAll(store, huntId, await store.positions(actor, huntId))) {
    for (const { position, data } of fetched) if (data) yield { ...position, data }
  }
}

/** Rows `offset` to `offset + limit - 1` in unified columns. */
export async function readRange(
  store: ReadingStore,
  actor: Actor,
  huntId: string,
  union: ColumnUnion,
  { offset, limit }: { offset: number; limit: number },
): Promise<Row[]> {
  const positions = await store.positions(actor, huntId, { offset, limit })
  const rows: Row[] = []
  for (const group of groupsOf(positions)) {
    for (const chunk of decode(await fetchGroup(store, huntId, group))) {
      const unify = rowUnifier(chunk.columns, union.columns)
      const from = Math.max(0, offset - chunk.first)
      for (const row of chunk.rows.slice(from, from + limit - rows.length)) rows.push(unify(chunk, row))
    }
  }
  return rows
}

async function* fetchAll(
  store: ReadingStore,
  huntId: string,
  positions: ChunkPosition[],
): AsyncGenerator<Fetched> {
  const groups = groupsOf(positions)
  let next = fetchGroup(store, huntId, groups[0])
  for (const [index] of groups.entries()) {
    const fetched = await next
    next = fetchGroup(store, huntId, groups[index + 1])
    // Broken off by the reader, nobody waits for what was fetched ahead.
    next.catch(() => {})
    yield fetched
  }
}

type Fetched = { position: ChunkPosition; data: Buffer | null }[]

async function fetchGroup(
  store: ReadingStore,
  huntId: string,
  group: ChunkPosition[] | undefined,
): Promise<Fetched> {
  if (!group) return []
  const data = await store.data(huntId, group)
  return group.map((position, index) => ({ position, data: data[index] ?? null }))
}

function* decode(fetched: Fetched): Generator<ExportChunk & { first: number }> {
  for (const { position, data } of fetched) {
    // Its tenant was offboarded since the places were read.
    if (!data) continue
    const { tenantId, tenantName, first } = position
    yield { tenantId, tenantName, first, ...decodeChunk(data) }
  }
}

function groupsOf(positions: ChunkPosition[]): ChunkPosition[][] {
  const groups: ChunkPosition[][] = []
  let group: ChunkPosition[] = []
  let bytes = 0
  for (const position of positions) {
    if (group.length > 0 && (bytes + position.bytes > bytesAtOnce || group.length >= chunksAtOnce)) {
      groups.push(group)
      group = []
      bytes = 0
    }
    group.push(position)
    bytes += position.bytes
  }
  if (group.length > 0) groups.push(group)
  return groups
}
