import type { Actor } from '../../../tenants/actor.ts'
import type { ExportChunk } from '../../export/source.ts'
import { decodeChunk } from '../../results/chunk.ts'
import type { Row } from '../../results/model.ts'
import { rowUnifier } from '../../results/unify-rows.ts'
import { type ColumnUnion, unionColumns } from '../../results/union-columns.ts'
import type { StoredChunk } from './result-table.ts'
import type { ChunkPlace, ReadingStore } from './store.ts'

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
  for await (const fetched of fetchAll(store, huntId, await store.places(actor, huntId)))
    yield* decode(fetched)
}

/** All rows as they are stored, in the same order. */
export async function* readStored(
  store: ReadingStore,
  actor: Actor,
  huntId: string,
): AsyncGenerator<StoredChunk> {
  for await (const fetched of fetchAll(store, huntId, await store.places(actor, huntId))) {
    for (const { place, data } of fetched) if (data) yield { ...place, data }
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
  const places = await store.places(actor, huntId, { offset, limit })
  const rows: Row[] = []
  for (const group of groupsOf(places)) {
    for (const chunk of decode(await fetchGroup(store, huntId, group))) {
      const unify = rowUnifier(chunk.columns, union.columns)
      const from = Math.max(0, offset - chunk.first)
      for (const row of chunk.rows.slice(from, from + limit - rows.length)) rows.push(unify(chunk, row))
    }
  }
  return rows
}

async function* fetchAll(store: ReadingStore, huntId: string, places: ChunkPlace[]): AsyncGenerator<Fetched> {
  const groups = groupsOf(places)
  let next = fetchGroup(store, huntId, groups[0])
  for (const [index] of groups.entries()) {
    const fetched = await next
    next = fetchGroup(store, huntId, groups[index + 1])
    // Broken off by the reader, nobody waits for what was fetched ahead.
    next.catch(() => {})
    yield fetched
  }
}

type Fetched = { place: ChunkPlace; data: Buffer | null }[]

async function fetchGroup(
  store: ReadingStore,
  huntId: string,
  group: ChunkPlace[] | undefined,
): Promise<Fetched> {
  if (!group) return []
  const data = await store.data(huntId, group)
  return group.map((place, index) => ({ place, data: data[index] ?? null }))
}

function* decode(fetched: Fetched): Generator<ExportChunk & { first: number }> {
  for (const { place, data } of fetched) {
    // Its tenant was offboarded since the places were read.
    if (!data) continue
    const { tenantId, tenantName, first } = place
    yield { tenantId, tenantName, first, ...decodeChunk(data) }
  }
}

function groupsOf(places: ChunkPlace[]): ChunkPlace[][] {
  const groups: ChunkPlace[][] = []
  let group: ChunkPlace[] = []
  let bytes = 0
  for (const place of places) {
    if (group.length > 0 && (bytes + place.bytes > bytesAtOnce || group.length >= chunksAtOnce)) {
      groups.push(group)
      group = []
      bytes = 0
    }
    group.push(place)
    bytes += place.bytes
  }
  if (group.length > 0) groups.push(group)
  return groups
}
