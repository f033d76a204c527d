import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from '@azure/msal-node'
import { z } from 'zod'
import type { RemoteAnswer, RemoteCall } from '../http/types.ts'
import { badAnswer } from './failures.ts'

/** Somebody waits for a token; a minute is already long. */
const tokenTimeoutMs = 15_000
const tokenDeadlineMs = 60_000
/** A token with hundreds of roles has some 20 KB. */
const largestAnswer = 1024 * 1024

const seconds = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.number().positive())

const tokenBodySchema = z.looseObject({
  token_type: z.string().regex(/^bearer$/i),
  access_token: z.string().min(1),
  expires_in: seconds,
  refresh_in: seconds.optional(),
})

/** What the token answer said beside the token. */
type SeenAnswer = {
  expiresInSeconds: number
  refreshInSeconds: number | null
  requestId: string | null
}

export type MsalNetwork = {
  module: INetworkModule
  /** The last good answer. */
  seen(): SeenAnswer | null
  /** What went wrong on the wire. MSAL wraps errors of its network in its own, without status or waiting time. */
  failure(): unknown
}

/**
 * MSAL's way to the network: our outbound layer. MSAL has no time-out of its
 * own, takes an empty answer for a token and loses what a non-JSON answer said,
 * so answers are checked before MSAL sees them.
 *
 * One serves one exchange.
 *
 * @param call sends to the tenant that is asked. MSAL keeps the real authority
 *   and so the real audiences; `call` puts in the substituted origin
 */
export function createMsalNetwork(
  call: (request: Omit<RemoteCall, 'service' | 'tenantId' | 'quota'>) => Promise<RemoteAnswer>,
): MsalNetwork {
  let seen: SeenAnswer | null = null
  let failure: unknown = null

  async function send<T>(
    method: 'GET' | 'POST',
    url: string,
    request?: NetworkRequestOptions,
  ): Promise<NetworkResponse<T>> {
    try {
      const answer = await call({
        method,
        url: new URL(url),
        ...(request?.headers ? { headers: request.headers } : {}),
        ...(request?.body ? { body: request.body } : {}),
        timeoutMs: tokenTimeoutMs,
        deadlineMs: tokenDeadlineMs,
        maxBytes: largestAnswer,
      })
      const body = readTokenBody(answer.text, answer.requestId)
      seen = {
        expiresInSeconds: body.expires_in,
        refreshInSeconds: body.refresh_in ?? null,
        requestId: answer.requestId,
      }
      return { status: answer.status, headers: answer.headers, body: body as T }
    } catch (error) {
      failure = error
      throw error
    }
  }

  return {
    module: {
      sendGetRequestAsync: (url, request) => send('GET', url, request),
      sendPostRequestAsync: (url, request) => send('POST', url, request),
    },
    seen: () => seen,
    failure: () => failure,
  }
}

/** @throws RemoteError `bad_answer` */
function readTokenBody(text: string, requestId: string | null): z.infer<typeof tokenBodySchema> {
  try {
    return tokenBodySchema.parse(JSON.parse(text))
  } catch {
    // No cause: a parser's message may quote a piece of a token.
    throw badAnswer('the token answer holds no bearer token with its lifetime', requestId)
  }
}
