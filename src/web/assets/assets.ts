import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../../views/assets/', import.meta.url))
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

/** What a partner's own look is made of. */
export type BrandSettings = { partnerLogoFile: string | null; partnerColor: string | null }

/**
 * Our own scripts, styles and pictures, and htmx with its server-sent events. The style sheets are one
 * file in the order of css/order.json: one request, and the cascade layers
 * arrive in order.
 */
export function loadAssets({ partnerLogoFile, partnerColor }: BrandSettings): {
  assets: Map<string, Asset>
  assetUrl: AssetUrl
  brand: { logo: string | null }
} {
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

  const logo = partnerLogoFile && `partner/logo${extname(partnerLogoFile).toLowerCase()}`
  if (partnerLogoFile && logo) {
    add(logo, types[extname(logo)] ?? 'application/octet-stream', readFileSync(partnerLogoFile))
  }
  if (partnerColor) add('partner/color.css', 'text/css; charset=utf-8', Buffer.from(colorSheet(partnerColor)))

  return {
    assets,
    brand: { logo },
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

/** @param color `#rrggbb`; text on it is white or black, whichever contrasts more (WCAG 2.2, relative luminance) */
export function colorSheet(color: string): string {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map(at => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  const luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
  const ink = 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? '#fff' : '#000'
  return `:root { --partner-color: ${color}; --partner-ink: ${ink}; }\n`
}
