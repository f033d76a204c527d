import type { RemoteService } from '../../errors.ts'
import type { EntraPlace } from '../failures/entra-errors.ts'

/** The published limits that a call can count against; the rates stand in quota-rates.ts. */
export type QuotaName =
  | 'graph-security'
  | 'graph-incidents'
  | 'graph-hunting'
  | 'graph-devices'
  | 'defender-incidents'
  | 'defender-hunting'
  | 'endpoint'
  | 'endpoint-hunting'
  | 'endpoint-package'
  | 'entra-token'
  | 'none'

/** One request to a service on the other side. */
export type RemoteCall = {
  service: RemoteService
  /** For Entra: what the call is for, as its error numbers mean different things; an app token unless told. */
  place?: EntraPlace
  /** The customer tenant the call is about: its quota and its circuit; null for calls about no tenant. */
  tenantId: string | null
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  url: URL
  headers?: Record<string, string>
  body?: string
  /**
   * Changes something there. A write is repeated only when it is known that it
   * did not happen: no connection came about, or the service answered 429.
   * Default: true for PATCH and DELETE, false for GET and POST.
   */
  write?: boolean
  /** Default `none`. */
  quota?: QuotaName
  /** Nobody waits for it: a quarter of the quota is left to calls that somebody waits for. */
  isBackground?: boolean
  /** Time for one try, from sending to the last byte; default 30 s. */
  timeoutMs?: number
  /** Time for the whole call with its waits and retries; default 2 min. */
  deadlineMs?: number
  /** A turn within the quota that is further away fails at once as `quota_exhausted`; default: any within the deadline. */
  quotaWaitMs?: number
  /** Tries in all; default 4. After a time-out at most 2, and none for a query that was sent. */
  attempts?: number
  /** Largest body that is read; default 8 MB. */
  maxBytes?: number
  /** Called once when a body turns out to be larger than 1 MB: the rest is read when it resolves. */
  onLarge?: (signal: AbortSignal) => Promise<void>
  /**
   * `json` (default): a 2xx must carry a whole JSON document, 204 and an empty
   * 202 excepted. Beyond 1 MB only its ends are looked at, so that it is
   * parsed once: by the caller, with `readJson`. `json-later`: so for any size.
   * `any`: the body as it is.
   */
  expect?: 'json' | 'json-later' | 'any'
  signal?: AbortSignal
}

/** A 2xx with the expected content. */
export type RemoteAnswer = {
  status: number
  /** Names in lower case; repeated headers joined by `, `. */
  headers: Record<string, string>
  text: string
  /** The id that Microsoft's support asks for. */
  requestId: string | null
  /** The last try alone, without waits. */
  durationMs: number
}

/** The only way out: every HTTP request to a cloud service goes through here. */
export type Remote = {
  /** @throws RemoteError for everything that is not a 2xx with the expected content */
  call(call: RemoteCall): Promise<RemoteAnswer>
  /** How many tenants' calls are held back after failures in a row, by service. */
  openCircuits(): Map<RemoteService, number>
  /** Ends idle connections; calls under way finish first. */
  close(): Promise<void>
}
