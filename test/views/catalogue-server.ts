import { readFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import { z } from 'zod'
import { givenPage, render } from './render.ts'

export type CatalogueServer = { origin: string; close: () => Promise<void> }

const assets = new URL('../../views/assets/', import.meta.url)
const htmx = new URL('../../node_modules/htmx.org/dist/htmx.min.js', import.meta.url)
const types: Record<string, string> = {
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
}

/** Stricter than any page needs, so that a view that leans on inline code or style is found here. */
const policy = "default-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

const pages: Record<string, () => string> = {
  '/catalogue': () => render('/catalogue', { page: givenPage() }),
  '/catalogue-public': () =>
    render('/catalogue-public', { page: givenPage({ user: null, flash: null, live: true }) }),
  '/error': () =>
    render('/layouts/error', {
      page: givenPage({ title: 'Not found', section: 'none', flash: null, breadcrumbs: undefined }),
      error: {
        status: 404,
        title: 'There is nothing here',
        failure: {
          code: 'not_found',
          message: 'The address names no tenant that you may see.',
          remedy: 'Check the address, or ask an administrator which tenants you may see.',
          serviceCode: 'AADSTS90002',
          requestId: '7f1c0a52-3d5e-4c0e-9d5a-8a4f2a9b6c11',
          at: '2026-11-22T15:04:05Z',
        },
        reference: 'req-7f1c0a52',
        actions: [{ href: '/', label: 'To the dashboard' }],
      },
    }),
}

/** Serves the catalogue, its stylesheet (joined by order.json) and its scripts on a free loopback port. */
export async function startCatalogue(): Promise<CatalogueServer> {
  const server = createServer((request, response) => {
    answer(new URL(request.url ?? '/', 'http://localhost').pathname, response).catch(error => {
      response.writeHead(404).end(String(error))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
}

async function answer(path: string, response: ServerResponse): Promise<void> {
  const page = pages[path]
  if (page) send(response, 'text/html; charset=utf-8', page())
  else if (path === '/assets/app.css') send(response, 'text/css', await stylesheet())
  else if (path === '/assets/vendor/htmx.min.js') send(response, 'text/javascript', await readFile(htmx))
  else {
    const file = new URL(path.replace(/^\/assets\//, ''), assets)
    send(response, types[extname(path)] ?? 'application/octet-stream', await readFile(file))
  }
}

function send(response: ServerResponse, type: string, body: string | Buffer): void {
  response.writeHead(200, { 'content-type': type, 'content-security-policy': policy }).end(body)
}

/** The one stylesheet, as the server joins it. */
export async function stylesheet(): Promise<string> {
  const order = z
    .array(z.string())
    .parse(JSON.parse(await readFile(new URL('css/order.json', assets), 'utf8')))
  const parts = await Promise.all(order.map(name => readFile(new URL(`css/${name}`, assets), 'utf8')))
  return parts.join('\n')
}
