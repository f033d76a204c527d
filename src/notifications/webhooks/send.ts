import { isIP } from 'node:net'
import { Agent, request } from 'undici'
import { guardedLookup, hostOf, isAllowedAddress } from './address.ts'

export type Message = {
  url: string
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
  /** when the receiver wants to be asked again */
  retryAfterSeconds: number | null
  durationMs: number
}

const timeoutMs = 10_000

/** Refusals that time can heal; any other 4xx is about the message or the address. */
const healing = new Set([408, 409, 425, 429])

export type Sender = { send(message: Message): Promise<SendOutcome>; close(): Promise<void> }

/**
 * Posts messages. Redirects are not followed: a receiver that moved is
 * entered anew. Of an answer only its status counts.
 */
export function createSender(): Sender {
  const agentFor = (allowPrivate: boolean) =>
    new Agent({
      connect: { lookup: guardedLookup(allowPrivate), timeout: timeoutMs },
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connections: 4,
      keepAliveTimeout: 5_000,
      maxResponseSize: 64 * 1024,
    })
  const agents = { public: agentFor(false), private: agentFor(true) }

  return {
    async send({ url, allowPrivate, headers, body }) {
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
          retryAfterSeconds: null,
          durationMs: since(),
        }
      }
      try {
        const answer = await request(url, {
          dispatcher: allowPrivate ? agents.private : agents.public,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': 'Tenantry webhooks', ...headers },
          body,
          signal: AbortSignal.timeout(timeoutMs * 2),
        })
        await answer.body.dump({ limit: 64 * 1024 })
        const { statusCode: status } = answer
        const isDelivered = status >= 200 && status < 300
        return {
          isDelivered,
          isWorthRepeating: !isDelivered && (status >= 500 || healing.has(status)),
          status,
          error: isDelivered ? null : `the receiver answered ${status}`,
          retryAfterSeconds: readRetryAfter(answer.headers['retry-after']),
          durationMs: since(),
        }
      } catch (error) {
        return {
          isDelivered: false,
          isWorthRepeating: !isRefusedAddress(error),
          status: null,
          error: describe(error),
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
