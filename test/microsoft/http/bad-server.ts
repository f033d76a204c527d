import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Behaviour = (request: IncomingMessage, response: ServerResponse) => void

export type BadServer = {
  url(path?: string): URL
  /** Answers in turn; the last one stays. */
  behave(...behaviours: Behaviour[]): void
  /** Requests received so far: method, path, headers, body. */
  requests: { method: string; path: string; headers: IncomingMessage['headers']; body: string }[]
  close(): Promise<void>
}

/** A real HTTP server on loopback that misbehaves as told. */
export async function startBadServer(): Promise<BadServer> {
  let behaviours: Behaviour[] = [json({ ok: true })]
  const requests: BadServer['requests'] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('error', () => response.destroy())
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString()
      requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body })
      const behaviour = behaviours.length > 1 ? behaviours.shift() : behaviours[0]
      behaviour?.(request, response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: (path = '/v1.0/security/incidents') => new URL(origin + path),
    behave(...next) {
      behaviours = next
    },
    requests,
    close: () => closeServer(server),
  }
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise(resolve => server.close(() => resolve()))
}

export function json(document: unknown, status = 200, headers: Record<string, string> = {}): Behaviour {
  return text(JSON.stringify(document), status, {
    'content-type': 'application/json; charset=utf-8',
    ...headers,
  })
}

export function text(body: string, status = 200, headers: Record<string, string> = {}): Behaviour {
  return (_request, response) => {
    response.writeHead(status, headers).end(body)
  }
}

export const reset: Behaviour = request => {
  request.socket.resetAndDestroy()
}

/** Takes the request and never says a word. */
export const hang: Behaviour = () => {}

/** Promises a document and then sends a byte at a time, slower than any patience. */
export const drip: Behaviour = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write('{')
  const timer = setInterval(() => response.write(' '), 20)
  response.on('close', () => clearInterval(timer))
}

/** Half a body, then the connection is gone. */
export const cutOff: Behaviour = (request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' })
  response.write('{"value":[', () => request.socket.destroy())
}

/** A document of this many bytes, without saying so beforehand. */
export function flood(bytes: number): Behaviour {
  const chunk = Buffer.alloc(64 * 1024, 'a')
  return (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('"')
    let left = bytes
    const more = () => {
      while (left > 0) {
        left -= chunk.length
        if (!response.write(chunk)) {
          response.once('drain', more)
          return
        }
      }
      response.end('"')
    }
    more()
  }
}
