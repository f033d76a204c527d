import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../views/assets/', import.meta.url))
const require = createRequire(import.meta.url)

const types: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

/** A file that pages link to, held in memory. */
export type Asset = { type: string; body: Buffer; etag: string }

/** The address of an asset with its version, so that browsers may keep it for ever. */
export type AssetUrl = (path: string) => string

/**
 * Our own scripts, styles and pictures, and htmx with its server-sent events. The style sheets are one
 * file in the order of css/order.json: one request, and the cascade layers
 * arrive in order.
 */
export function loadAssets(): { assets: Map<string, Asset>; assetUrl: AssetUrl } {
  const assets = new Map<string, Asset>()
  const add = (path: string, type: string, body: Buffer) =>
    assets.set(path, { type, body, etag: createHash('sha256').update(body).digest('base64url').slice(0, 12) })

  for (const file of filesBelow(folder)) {
    const type = types[extname(file)]
    if (type && !file.endsWith('.css')) add(relative(folder, file), type, readFileSync(file))
  }
  const order = JSON.parse(readFileSync(join(folder, 'css/order.json'), 'utf8')) as string[]
  const sheets = order.map(name => readFileSync(join(folder, 'css', name)))
  add('app.css', 'text/css; charset=utf-8', Buffer.concat(sheets))
  for (const [name, file] of [
    ['htmx.min.js', 'htmx.min.js'],
    ['hx-sse.min.js', 'ext/hx-sse.min.js'],
  ] as const) {
    add(`vendor/${name}`, 'text/javascript; charset=utf-8', readFileSync(join(htmxFolder(), file)))
  }

  return {
    assets,
    assetUrl: path => `/assets/${path}${assets.has(path) ? `?v=${assets.get(path)?.etag}` : ''}`,
  }
}

function htmxFolder(): string {
  return join(dirname(require.resolve('htmx.org/package.json')), 'dist')
}

function filesBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map(name => join(path, name))
    .filter(file => statSync(file).isFile())
}
