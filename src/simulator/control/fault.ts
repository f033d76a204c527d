import { z } from 'zod'

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
  'slow-drip',
  'truncated-json',
  'wrong-content-type',
  'ok-with-error-body',
  'huge-answer',
  'aadsts',
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
  /** how often it strikes; absent, until it is removed */
  times: z.int().positive().optional(),
  kind: z.enum(faultKinds),
  /** Retry-After in seconds, or none at all with null; absent, what the service usually says */
  retryAfterSeconds: z.int().nonnegative().nullable().optional(),
  /** Retry-After as a date instead */
  retryAfterDate: z.coerce.date().optional(),
  /** the number of a refusal by Entra, for kind `aadsts` */
  aadsts: z.int().positive().optional(),
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
}) {
  if (fault.kind === 'aadsts') return fault.service === 'login' && fault.aadsts !== undefined
  if (fault.kind === 'delay') return fault.delayMs !== undefined
  if (fault.kind === 'status') return fault.status !== undefined
  if (['forbidden', 'quota'].includes(fault.kind)) return fault.service !== 'login'
  return true
}

const incomplete =
  'kind aadsts needs service login and aadsts, delay needs delayMs, status needs status; forbidden and quota are for APIs'

export const newFault = z.strictObject(faultShape).refine(isComplete, incomplete)

const { tenantId: _, ...withoutTenant } = faultShape
export const newFaults = z
  .strictObject({ ...withoutTenant, tenantIds: z.array(z.guid().toLowerCase()).min(1) })
  .refine(isComplete, incomplete)

/** A trouble that requests run into: which requests, what happens, how often. */
export type NewFault = z.input<typeof newFault>
export type NewFaults = z.input<typeof newFaults>
export type Fault = z.output<typeof newFault> & { id: string; struck: number }
