import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ReceivedPost = { headers: IncomingHttpHeaders; body: string }

/** A status, or more; `silent` gives no answer at all. */
export type ReceiverAnswer =
  | number
  | 'silent'
  | { status: number; headers?: Record<string, string>; text?: string }

export type Receiver = {
  url: string
  received: ReceivedPost[]
  /** How it answers from now on, the last one for good. */
  answer(...answers: ReceiverAnswer[]): void
  close(): Promise<void>
}

/** A receiver of webhooks on this machine; it answers what it is told to. */
export async function startReceiver(...first: ReceiverAnswer[]): Promise<Receiver> {
  const received: ReceivedPost[] = []
  let answers: ReceiverAnswer[] = first
  let asked = 0
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', piece => pieces.push(piece))
    request.on('end', () => {
      const answer = answers[Math.min(asked++, answers.length - 1)] ?? 200
      received.push({ headers: request.headers, body: Buffer.concat(pieces).toString() })
      if (answer === 'silent') return
      const { status, headers = {}, text = 'ok' } = typeof answer === 'number' ? { status: answer } : answer
      response.writeHead(status, headers)
      response.end(text)
    })
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    answer(...next) {
      answers = next
      asked = 0
    },
    async close() {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  }
}
