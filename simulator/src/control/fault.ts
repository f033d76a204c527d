import { z } from 'zod'
import { badTokens } from './bad-token.ts'

export const services = ['login', 'graph', 'defender', 'endpoint'] as const
export type Service = (typeof services)[number]

const faultKinds = [
  'throttle-text',
  'throttle-json',
  'unavailable-html',
  'unavailable-empty-json',
  'internal-error',
  'reset',
  'hang',
  'lost-answer',
  'slow-drip',
  'truncated-json',
  'wrong-content-type',
  'ok-with-error-body',
  'empty-page',
  'odd-cell',
  'huge-answer',
  'aadsts',
  'bad-token',
  'delay',
  'forbidden',
  'unauthorized',
  'quota',
  'status',
] as const

const faultShape = {
  service: z.enum(services),
  /** GUID; absent, every tenant */
  tenantId: z.guid().toLowerCase().optional(),
  /** part of the path and query, as sent */
  path: z.string().min(1).optional(),
  /** of requests with this method alone */
  method: z.enum(['GET', 'POST', 'PATCH', 'DELETE']).optional(),
  /** how often it strikes; absent, until it is removed */
  times: z.int().positive().optional(),
  kind: z.enum(faultKinds),
  /** Retry-After in seconds, or none at all with null; absent, what the service usually says */
  retryAfterSeconds: z.int().nonnegative().nullable().optional(),
  /** Retry-After as a date instead */
  retryAfterDate: z.coerce.date().optional(),
  /** the number of a refusal by Entra, for kind `aadsts` */
  aadsts: z.int().positive().optional(),
  /** what is wrong with the token, for kind `bad-token` */
  wrong: z.enum(badTokens).optional(),
  /** values by column that do not fit, for kind `odd-cell`; absent, one for each type that has such */
  cells: z.record(z.string(), z.unknown()).optional(),
  /** how long a delay takes, or how long a drip waits between pieces */
  delayMs: z.int().nonnegative().optional(),
  /** for kind `status` */
  status: z.int().min(200).max(599).optional(),
  /** text, or a value that is sent as JSON, instead of the usual body */
  body: z.unknown().optional(),
}

function isComplete(fault: {
  kind: string
  service: string
  aadsts?: number
  delayMs?: number
  status?: number
  wrong?: string
}) {
  if (fault.kind === 'aadsts') return fault.service === 'login' && fault.aadsts !== undefined
  if (fault.kind === 'bad-token') return fault.service === 'login' && fault.wrong !== undefined
  if (fault.kind === 'delay') return fault.delayMs !== undefined
  if (fault.kind === 'status') return fault.status !== undefined
  if (['forbidden', 'quota', 'empty-page', 'odd-cell'].includes(fault.kind)) return fault.service !== 'login'
  return true
}

const incomplete =
  'kind aadsts needs service login and aadsts, bad-token needs service login and wrong, delay needs delayMs, status needs status; forbidden, quota, empty-page and odd-cell are for APIs'

export const newFault = z.strictObject(faultShape).refine(isComplete, incomplete)

const { tenantId: _, ...withoutTenant } = faultShape
export const newFaults = z
  .strictObject({ ...withoutTenant, tenantIds: z.array(z.guid().toLowerCase()).min(1) })
  .refine(isComplete, incomplete)

/** A trouble that requests run into: which requests, what happens, how often. */
export type NewFault = z.input<typeof newFault>
export type NewFaults = z.input<typeof newFaults>
export type Fault = z.output<typeof newFault> & { id: string; struck: number }
