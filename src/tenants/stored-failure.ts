import { z } from 'zod'
import { storableText } from '../audit/storable.ts'
import type { RemoteFailure } from '../errors.ts'

/** A failure as it is kept, and told to other processes. */
export const storedFailure = z.object({
  service: z.enum(['entra', 'graph', 'defender', 'endpoint', 'key-vault', 'managed-identity', 'webhook']),
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  permanent: z.boolean(),
  whoseMove: z.enum(['partner', 'customer', 'microsoft', 'nobody']),
  status: z.number().nullable(),
  serviceCode: z.string().nullable(),
  requestId: z.string().nullable(),
  retryAfterSeconds: z.number().nullable(),
  at: z.string(),
})

/** A failure from a JSON column; null when the column is empty or was not written by this version. */
export function readStoredFailure(value: unknown): RemoteFailure | null {
  const parsed = storedFailure.safeParse(value)
  return parsed.success ? parsed.data : null
}

/** A failure for a JSON column, its text made fit for PostgreSQL. */
export function toStoredFailure(failure: RemoteFailure): z.infer<typeof storedFailure> {
  return {
    ...failure,
    message: storableText(failure.message),
    remedy: storableText(failure.remedy),
    serviceCode: failure.serviceCode === null ? null : storableText(failure.serviceCode, 200),
    requestId: failure.requestId === null ? null : storableText(failure.requestId, 200),
  }
}
