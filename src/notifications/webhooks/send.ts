import { lookup } from 'node:dns'
import { isIP } from 'node:net'
import { Agent, request } from 'undici'
import type { ChooseProxy } from '../../platform/proxy/choose-proxy.ts'
import { createConnector } from '../../platform/proxy/connector.ts'
import { storableText } from '../../platform/storable.ts'
import { guardedLookup, hostOf, isAllowedAddress } from './address.ts'

export type Message = {
  url: string
  /** POST unless told. */
  method?: 'POST' | 'PUT'
  allowPrivate: boolean
  headers: Record<string, string>
  body: string
}

export type SendOutcome = {
  isDelivered: boolean
  /** whether the same message can succeed later */
  isWorthRepeating: boolean
  /** null when no answer came */
  status: number | null
  error: string | null
  /** the code of a failure on the way; null when an answer came */
  wayCode: string | null
  /** what the receiver wrote, shortened; null when it wrote nothing */
  answer: string | null
  /** when the receiver wants to be asked again */
  retryAfterSeconds: number | null
  durationMs: number
}

const timeoutMs = 10_000

/** Refusals that time can heal; any other 4xx is about the message or the address. */
const healing = new Set([408, 409, 425, 429])

export type Sender = { send(message: Message): Promise<SendOutcome>; close(): Promise<void> }

export type SenderOptions = {
  /** Which proxy leads to a receiver; the direct way unless told. */
  chooseProxy?: ChooseProxy
  /** Name resolution; the system's unless told. */
  resolve?: typeof lookup
}

/**
 * Posts messages. Redirects are not followed: a receiver that moved is
 * entered anew. Of an answer only its status counts; how its
 * text begins is kept for people.
 *
 * Names are resolved and checked here behind a proxy too: it is asked for the
 * address, since by a name it could reach what no message may be sent to.
 */
export function createSender({ chooseProxy = () => null, resolve = lookup }: SenderOptions = {}): Sender {
  const agentFor = (allowPrivate: boolean) =>
    new Agent({
      connect: createConnector({ chooseProxy, timeoutMs, lookup: guardedLookup(allowPrivate, resolve) }),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connections: 4,
      keepAliveTimeout: 5_000,
      maxResponseSize: 64 * 1024,
    })
  const agents = { public: agentFor(false), private: agentFor(true) }

  return {
    async send({ url, method = 'POST', allowPrivate, headers, body }) {
      const started = performance.now()
      const since = () => Math.round(performance.now() - started)
      const host = hostOf(new URL(url))
      // Only names are resolved: an address in digits goes past the lookup.
      if (isIP(host) !== 0 && !isAllowedAddress(host, allowPrivate)) {
        return {
          isDelivered: false,
          isWorthRepeating: false,
          status: null,
          error: 'messages may not be sent to this address',
          wayCode: 'EADDRREFUSED',
          answer: null,
          retryAfterSeconds: null,
          durationMs: since(),
        }
      }
      try {
        const answer = await request(url, {
          dispatcher: allowPrivate ? agents.private : agents.public,
          method,
          headers: { 'content-type': 'application/json', 'user-agent': 'Tenantry webhooks', ...headers },
          body,
          signal: AbortSignal.timeout(timeoutMs * 2),
        })
        const text = await readStart(answer.body)
        const { statusCode: status } = answer
        const isDelivered = status >= 200 && status < 300
        return {
          isDelivered,
          isWorthRepeating: !isDelivered && (status >= 500 || healing.has(status)),
          status,
          error: isDelivered ? null : `the receiver answered ${status}`,
          wayCode: null,
          answer: text,
          retryAfterSeconds: readRetryAfter(answer.headers['retry-after']),
          durationMs: since(),
        }
      } catch (error) {
        return {
          isDelivered: false,
          isWorthRepeating: !isRefusedAddress(error),
          status: null,
          error: describe(error),
          wayCode: codeOf(error),
          answer: null,
          retryAfterSeconds: null,
          durationMs: since(),
        }
      }
    },

    async close() {
      await Promise.all([agents.public.destroy(), agents.private.destroy()])
    },
  }
}

const shownOfAnswer = 300

/** How a body begins, as one line. A broken end of it says nothing about the message. */
async function readStart(body: AsyncIterable<Buffer>): Promise<string | null> {
  const pieces: Buffer[] = []
  let bytes = 0
  try {
    for await (const piece of body) {
      pieces.push(piece)
      bytes += piece.length
      if (bytes >= 4 * shownOfAnswer) break
    }
  } catch {
    // The status is there.
  }
  const text = Buffer.concat(pieces)
    .toString()
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
  return text === '' ? null : storableText(text, shownOfAnswer)
}

function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if (error.name === 'TimeoutError') return 'ETIMEDOUT'
  return 'code' in error && typeof error.code === 'string' ? error.code : null
}

function isRefusedAddress(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRREFUSED'
}

/** What went wrong on the way, in words; the code is for whoever looks it up. */
const wayProblems: Record<string, string> = {
  ENOTFOUND: 'no host has this name',
  EAI_AGAIN: 'the name of the host could not be looked up',
  ECONNREFUSED: 'nothing listens at this address',
  ECONNRESET: 'the receiver broke the connection off',
  UND_ERR_SOCKET: 'the receiver broke the connection off',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer in time',
  CERT_HAS_EXPIRED: 'the certificate of the receiver has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the receiver signed its certificate itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'nobody we know vouches for the certificate of the receiver',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'nobody we know vouches for the certificate of the receiver',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate of the receiver is for another host',
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  if (error.name === 'TimeoutError') return `no answer within ${(timeoutMs * 2) / 1000} s`
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null
  if (code === null) return error.message.slice(0, 300)
  return `${wayProblems[code] ?? error.message.slice(0, 300)} (${code})`
}

/** Seconds; a date is not worth reading here. */
function readRetryAfter(header: string | string[] | undefined): number | null {
  const text = Array.isArray(header) ? header[0] : header
  return text && /^\d{1,6}$/.test(text) ? Number(text) : null
}
