import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { chunkJson } from '../chunks/chunk.ts'
import type { Column, ColumnType } from '../model.ts'
import type { UnionColumn } from '../union-columns.ts'

/** DuckDB may not reach out, load code or grow: it holds text from strangers. */
const settings = {
  memory_limit: '256MB',
  threads: '2',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
}

/** Some rows of one tenant, as stored. */
export type StoredChunk = { tenantId: string; tenantName: string; first: number; data: Uint8Array }

/** How each type is kept. Text keeps times and decimals as they came; queries order them right. */
const duckTypes: Record<ColumnType, string> = {
  string: 'VARCHAR',
  guid: 'VARCHAR',
  timespan: 'VARCHAR',
  datetime: 'VARCHAR',
  decimal: 'VARCHAR',
  dynamic: 'VARCHAR',
  bool: 'BOOLEAN',
  int: 'BIGINT',
  long: 'BIGINT',
  real: 'DOUBLE',
}

/**
 * Makes a file that a result can be sorted, filtered and grouped in: a table
 * `r` with the row's number `n` and columns `c0`, `c1`, … in the order of the
 * result. DuckDB reads the JSON of the chunks itself, so nearly all the work
 * is off the event loop.
 */
export async function buildResultTable(
  file: string,
  columns: UnionColumn[],
  chunks: AsyncIterable<StoredChunk>,
  key: string | null = null,
): Promise<void> {
  const instance = await DuckDBInstance.create(key === null ? file : ':memory:', settings)
  const connection = await instance.connect()
  try {
    if (key !== null) await attach(connection, file, key, 'READ_WRITE')
    const fields = columns.map(({ type }, index) => `c${index} ${duckTypes[type]}`)
    await connection.run(`CREATE TABLE r (n BIGINT, ${fields.join(', ')})`)
    await connection.run('BEGIN')
    await insert(connection, columns, chunks)
    await connection.run('COMMIT')
    await connection.run('CHECKPOINT')
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

async function insert(
  connection: DuckDBConnection,
  columns: UnionColumn[],
  chunks: AsyncIterable<StoredChunk>,
): Promise<void> {
  const statements = new Map<string, Awaited<ReturnType<DuckDBConnection['prepare']>>>()
  let running: Promise<unknown> = Promise.resolve()
  try {
    for await (const { tenantId, tenantName, first, data } of chunks) {
      // Fetched and unpacked while DuckDB still reads the chunk before.
      const { json, columns: own, rowCount } = readHead(chunkJson(data))
      await running
      const shape = JSON.stringify(own)
      const statement = statements.get(shape) ?? (await connection.prepare(insertStatement(columns, own)))
      statements.set(shape, statement)
      statement.bindVarchar(1, json)
      statement.bindBigInt(2, BigInt(first))
      statement.bindBigInt(3, BigInt(first + rowCount))
      statement.bindVarchar(4, tenantId)
      statement.bindVarchar(5, tenantName.toWellFormed())
      running = statement.run()
      // Whoever waits for it hears of a failure.
      running.catch(() => {})
    }
  } finally {
    await running
  }
}

/** A table that is open for reading. */
export type ResultTable = { connect(): Promise<DuckDBConnection>; close(): void }

/** Opens a table that was built. Reading only: any number of processes may do so. */
export async function openResultTable(file: string, key: string | null = null): Promise<ResultTable> {
  if (key === null) {
    const instance = await DuckDBInstance.create(file, {
      ...settings,
      access_mode: 'READ_ONLY',
      enable_external_access: 'false',
    })
    return { connect: () => instance.connect(), close: () => instance.closeSync() }
  }
  const instance = await DuckDBInstance.create(':memory:', settings)
  const first = await instance.connect()
  try {
    await attach(first, file, key, 'READ_ONLY')
    await first.run('SET enable_external_access = false')
  } finally {
    first.closeSync()
  }
  return {
    async connect() {
      const connection = await instance.connect()
      await connection.run('USE sealed')
      return connection
    },
    close: () => instance.closeSync(),
  }
}

/**
 * Uses an encrypted file (AES-256-GCM). DuckDB takes its nonces from a
 * generator that it does not call secure, which is why it has to be told: each
 * file has a key of its own, so that they need be different, not secret.
 *
 * @param file of ours: a hunt's id and a digest
 * @param key 64 hexadecimal digits
 * @see DuckDB documentation, "ATTACH", ENCRYPTION_KEY
 */
async function attach(
  connection: DuckDBConnection,
  file: string,
  key: string,
  mode: 'READ_ONLY' | 'READ_WRITE',
): Promise<void> {
  if (mode === 'READ_WRITE') await connection.run('SET force_mbedtls_unsafe = true')
  const path = file.replaceAll("'", "''")
  await connection.run(`ATTACH '${path}' AS sealed (ENCRYPTION_KEY '${key}', ${mode})`)
  await connection.run('USE sealed')
}

function insertStatement(columns: UnionColumn[], own: Column[]): string {
  const values = columns.slice(2).map(({ source, type }) => {
    const place = own.findIndex(({ name }) => name === source)
    const from = own[place]?.type
    return from === undefined ? `NULL::${duckTypes[type]}` : unnestColumn(place, type)
  })
  // Taken apart once: a path into the whole would parse it for each column, and keep every parse in memory.
  const lists = `json_extract($1, '$.cells[*]')`
  const fields = ['unnest(range($2::BIGINT, $3::BIGINT))', '$4::VARCHAR', '$5::VARCHAR', ...values]
  return `INSERT INTO r SELECT ${fields.join(', ')} FROM (SELECT ${lists} AS l)`
}

/** The name of a column never becomes part of the statement, only its place. */
function unnestColumn(place: number, type: ColumnType): string {
  const cells = `l[${place + 1}]`
  if (type === 'dynamic')
    return `unnest(list_transform(from_json(${cells}, '["JSON"]'), lambda x: nullif(x::VARCHAR, 'null')))`
  return `unnest(from_json(${cells}, '["${duckTypes[type]}"]'))`
}

/** The first two members of a chunk's JSON, and the text as DuckDB takes it: without lone surrogates. */
function readHead(text: string): { json: string; columns: Column[]; rowCount: number } {
  // Within a string the quotes of this mark would be escaped.
  const end = text.indexOf(',"cells":')
  const { columns, rows } = JSON.parse(`${text.slice(0, end)}}`) as { columns: Column[]; rows: number }
  const json = text.includes('\\ud')
    ? text.replace(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, '$1\\ufffd')
    : text
  return { json, columns, rowCount: rows }
}
