import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import type { Dispatcher } from 'undici'
import { withDeadline } from '../../platform/limits/deadline.ts'
import type { RawAnswer } from './answer.ts'
import type { RemoteCall } from './types.ts'

export type SendLimits = { timeoutMs: number; maxBytes: number; signal: AbortSignal }

/** An answer of any status; or what was thrown instead; or an answer too large to read. */
export type Outcome =
  | { kind: 'answer'; answer: RawAnswer }
  | { kind: 'too_large'; status: number; headers: Record<string, string> }
  | { kind: 'thrown'; thrown: unknown }

class TooLarge extends Error {}

/** Of such bodies a caller may want only a few in memory. */
const largeBytes = 1024 * 1024

/** One try: sends the request and reads the whole body within the limits. Redirects are not followed. Never throws. */
export async function send(agent: Dispatcher, call: RemoteCall, limits: SendLimits): Promise<Outcome> {
  try {
    return await withDeadline({ ...limits, late: 'no complete answer in time' }, signal =>
      exchange(agent, call, limits, signal),
    )
  } catch (thrown) {
    return { kind: 'thrown', thrown }
  }
}

async function exchange(
  agent: Dispatcher,
  call: RemoteCall,
  { timeoutMs, maxBytes }: SendLimits,
  signal: AbortSignal,
): Promise<Outcome> {
  const response = await agent.request({
    origin: call.url.origin,
    path: call.url.pathname + call.url.search,
    method: call.method,
    headers: call.headers,
    body: call.body ?? null,
    signal,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
  })
  const headers = readHeaders(response.headers)
  const status = response.statusCode
  try {
    const packed = headers['content-encoding'] === 'gzip'
    const text = await readText(response.body, { packed, maxBytes, onLarge: call.onLarge, signal })
    return { kind: 'answer', answer: { status, headers, text } }
  } catch (error) {
    if (error instanceof TooLarge) return { kind: 'too_large', status, headers }
    throw error
  }
}

/** @throws TooLarge as soon as more than `maxBytes`, unpacked, have come; the connection is closed then */
async function readText(
  body: Dispatcher.ResponseData['body'],
  how: {
    packed: boolean
    maxBytes: number
    onLarge: RemoteCall['onLarge'] | undefined
    signal: AbortSignal
  },
): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  let isLarge = false
  const collect = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) {
      length += chunk.length
      if (length > how.maxBytes) throw new TooLarge()
      chunks.push(chunk)
      if (isLarge || length <= largeBytes) continue
      isLarge = true
      await how.onLarge?.(how.signal)
    }
  }
  if (how.packed) await pipeline(body, createGunzip(), collect, { signal: how.signal })
  else await collect(body)
  return new TextDecoder().decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length))
}

function readHeaders(received: Record<string, string | string[] | undefined>): Record<string, string> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(received)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  return headers
}
