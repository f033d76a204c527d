import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyInstance } from 'fastify'
import { editorSchema } from '../../hunting/query/editor-schema.ts'

const require = createRequire(import.meta.url)
const compress = promisify(gzip)

const monaco = readPackage('monaco-editor')
const kusto = readPackage('@kusto/monaco-kusto')

const schema = Buffer.from(JSON.stringify(editorSchema()))
const schemaVersion = createHash('sha256').update(schema).digest('base64url').slice(0, 12)

/** Where the editor's files are; the versions in it let browsers keep them for ever. */
export const editorBase = `/assets/vendor/editor/${monaco.version}-${kusto.version}-${schemaVersion}`

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.ttf': 'font/ttf',
  '.json': 'application/json; charset=utf-8',
}

/** What the editor loads; anything else of the two packages stays where it is. */
const served = /^vs\/(?:loader\.js|(?:base|editor)\/[\w./-]+\.(?:js|css|ttf)|language\/kusto\/[\w.-]+\.js)$/

/**
 * The query editor's own files: Monaco and Kusto's language service, 14 MB
 * that only the hunting page asks for, sent as 3 MB and kept by the browser.
 */
export async function editorRoutes(app: FastifyInstance): Promise<void> {
  const files = new Map<string, Promise<{ plain: Buffer; packed: Buffer }>>()

  async function read(path: string): Promise<{ plain: Buffer; packed: Buffer }> {
    const plain = path === 'schema.json' ? schema : await readFile(locate(path))
    return { plain, packed: await compress(plain) }
  }

  app.get<{ Params: { '*': string } }>(
    `${editorBase}/*`,
    { config: { act: 'public' }, logLevel: 'warn', schema: { hide: true } },
    async (request, reply) => {
      const path = request.params['*']
      if (path !== 'schema.json' && (!served.test(path) || path.includes('..')))
        return reply.code(404).type('text/plain; charset=utf-8').send('There is no such file.')
      const reading = files.get(path) ?? read(path)
      files.set(path, reading)
      const file = await reading.catch(() => null)
      if (!file) {
        files.delete(path)
        return reply.code(404).type('text/plain; charset=utf-8').send('There is no such file.')
      }
      reply.type(types[extname(path)] ?? 'application/octet-stream')
      reply.header('cache-control', 'public, max-age=31536000, immutable').header('vary', 'accept-encoding')
      if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return reply.send(file.plain)
      return reply.header('content-encoding', 'gzip').send(file.packed)
    },
  )
}

function locate(path: string): string {
  const language = 'vs/language/kusto/'
  return path.startsWith(language)
    ? join(kusto.folder, 'release/min', path.slice(language.length))
    : join(monaco.folder, 'min', path)
}

function readPackage(name: string): { folder: string; version: string } {
  const file = require.resolve(`${name}/package.json`)
  return { folder: dirname(file), version: (require(file) as { version: string }).version }
}
