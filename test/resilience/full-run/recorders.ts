import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { zstdDecompressSync } from 'node:zlib'
import type { Database } from '../../../src/platform/database/index.ts'

/** One exchange with Microsoft as it went over the wire. */
export type Exchange = {
  url: string
  authorization: string
  body: string
  answer: string
  location: string
}

export type Wire = { origin: string; target: string; exchanges: Exchange[]; close(): Promise<void> }

/** Stands between the application and the simulated Microsoft and writes down everything, secrets and all. */
export async function recordWire(): Promise<Wire> {
  const exchanges: Exchange[] = []
  const wire: Wire = { origin: '', target: '', exchanges, close: async () => {} }

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const { host: _, connection: __, 'content-length': ___, ...headers } = request.headers
    const answer = await fetch(wire.target + request.url, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      redirect: 'manual',
      ...(chunks.length > 0 ? { body: Buffer.concat(chunks) } : {}),
    })
    const body = Buffer.from(await answer.arrayBuffer())
    exchanges.push({
      url: request.url ?? '',
      authorization: request.headers.authorization ?? '',
      body: Buffer.concat(chunks).toString(),
      answer: body.toString(),
      location: answer.headers.get('location') ?? '',
    })
    const kept = [...answer.headers].filter(
      ([name]) => !['content-length', 'content-encoding', 'transfer-encoding', 'set-cookie'].includes(name),
    )
    response.writeHead(answer.status, [
      ...kept.flat(),
      ...answer.headers.getSetCookie().flatMap(one => ['set-cookie', one]),
    ])
    response.end(body)
  }

  const server = createServer((request, response) => {
    // A fault that breaks the connection there breaks it here.
    pass(request, response).catch(() => request.socket.destroy())
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  wire.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  wire.close = () =>
    new Promise(done => {
      server.closeAllConnections()
      server.close(() => done())
    })
  return wire
}

/** What one piece of the application wrote, and where. */
export type Written = { where: string; text: string }

/** Writes down whatever the application answers to anybody in this process. @returns ends it */
export function recordAnswers(origin: string, written: Written[]): () => void {
  const original = globalThis.fetch
  globalThis.fetch = async (input, init) => {
    const answer = await original(input, init)
    const url = new URL(input instanceof Request ? input.url : input)
    if (url.origin === origin) {
      const { status, headers } = answer
      const where = `${init?.method ?? 'GET'} ${url.pathname}`
      // The cookie that a browser is given is for that browser.
      const shown = [...headers].filter(([name]) => name !== 'set-cookie')
      written.push({ where, text: `${status}\n${shown.join('\n')}\n\n${await answer.clone().text()}` })
    }
    return answer
  }
  return () => {
    globalThis.fetch = original
  }
}

/** Every row of every table, also of the queue, with what its bytes hold, unpacked where they are packed. */
export async function dumpTables(db: Database): Promise<Written[]> {
  const tables = await db.$queryRaw<{ schema: string; name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`
  const dumped: Written[] = []
  for (const { schema, name } of tables) {
    const rows = await db.$queryRawUnsafe<{ row: string }[]>(
      `select row_to_json(one)::text as row from "${schema}"."${name}" one`,
    )
    dumped.push({
      where: `table ${schema}.${name}`,
      text: rows.map(({ row }) => row + bytesIn(row)).join('\n'),
    })
  }
  return dumped
}

/** The text behind the bytes of a row, which PostgreSQL prints in hexadecimal. */
function bytesIn(row: string): string {
  return [...row.matchAll(/"\\\\x((?:[0-9a-f]{2})+)"/g)]
    .map(([, hex = '']) => `\n${unpacked(Buffer.from(hex, 'hex')).toString()}`)
    .join('')
}

const zstdMagic = Buffer.from('28b52ffd', 'hex')

/** Packed rows begin with a byte for their layout. */
function unpacked(bytes: Buffer): Buffer {
  return bytes.subarray(1, 5).equals(zstdMagic) ? zstdDecompressSync(bytes.subarray(1)) : bytes
}

export type Secret = { kind: string; value: string }

const jwt = /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g

/** The secrets that went over the wire, each once. */
export function secretsOn(exchanges: readonly Exchange[]): Secret[] {
  const found = new Map<string, string>()
  const add = (kind: string, value: string | null | undefined) => {
    if (value && value.length >= 16) found.set(value, kind)
  }
  for (const { url, authorization, body, answer, location } of exchanges) {
    add('access token', authorization.replace(/^Bearer /i, ''))
    for (const parameters of [
      new URL(url, 'http://microsoft.invalid').searchParams,
      new URLSearchParams(body),
      URL.canParse(location) ? new URL(location).searchParams : new URLSearchParams(),
    ]) {
      add('authorization code', parameters.get('code'))
      add('state', parameters.get('state'))
      add('nonce', parameters.get('nonce'))
      add('code verifier', parameters.get('code_verifier'))
      add('client secret', parameters.get('client_secret'))
      add('assertion', parameters.get('client_assertion'))
      add('ID token', parameters.get('id_token'))
    }
    const tokens = /"(access_token|id_token|refresh_token)"\s*:\s*"([^"]+)"/g
    for (const [, name, value] of answer.matchAll(tokens)) {
      add(
        name === 'id_token' ? 'ID token' : name === 'access_token' ? 'access token' : 'refresh token',
        value,
      )
    }
    for (const [value] of body.matchAll(jwt)) if (!found.has(value)) add('assertion', value)
  }
  return [...found].map(([value, kind]) => ({ kind, value }))
}

/**
 * Where a secret, or as much of it as tells it from others, was written.
 *
 * @returns one line for each find, without the secret
 */
export function findSecrets(written: readonly Written[], secrets: readonly Secret[]): string[] {
  return written.flatMap(({ where, text }) =>
    secrets.flatMap(({ kind, value }) => {
      // The beginning of a JWT is the same for many; its end is its own.
      const needles = value.startsWith('eyJ') ? [value.slice(-40), value.slice(60, 140)] : [value]
      return needles.some(needle => needle.length >= 16 && text.includes(needle))
        ? [`${kind} in ${where}`]
        : []
    }),
  )
}
