import type { Surface } from './world.ts'

/** An API's answer that is not a success: status, exact body and headers. */
export class ApiRefusal extends Error {
  readonly status: number
  readonly body: unknown
  readonly headers: Record<string, string>

  constructor(status: number, body: unknown, headers: Record<string, string> = {}) {
    super(`API refusal ${status}`)
    this.status = status
    this.body = body
    this.headers = headers
  }
}

type RefusalDetails = {
  status: number
  code: string
  message: string
  requestId: string
  /** the world's time, which Graph repeats in the body */
  now: Date
  headers?: Record<string, string>
  /** Graph only: members beside code and message, e.g. `{ details: [] }` */
  extra?: Record<string, unknown>
  /** Graph only: members beside date and ids inside innerError */
  inner?: Record<string, unknown>
}

/**
 * Makes a refusal in the surface's error shape: Graph repeats the request id in
 * `innerError`, the Defender APIs put it in `target`.
 *
 * @see Microsoft Graph error responses; Defender XDR and Defender for Endpoint common errors
 */
export function refuse(surface: Surface, details: RefusalDetails): ApiRefusal {
  const { status, code, message, requestId, headers } = details
  if (surface !== 'graph') {
    return new ApiRefusal(status, { error: { code, message, target: requestId } }, headers)
  }
  const innerError = {
    ...details.inner,
    date: details.now.toISOString().slice(0, 19),
    'request-id': requestId,
    'client-request-id': requestId,
  }
  return new ApiRefusal(status, { error: { code, message, ...details.extra, innerError } }, headers)
}
