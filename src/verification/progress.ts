import { type Failure, readStoredFailure } from '../errors.ts'
import type { TenantRecord, TenantStatus } from '../tenants/store.ts'
import { windowMs } from './retry-delays.ts'

/** How far the verification of a consent is; times are ISO 8601 UTC. */
export type VerificationProgress = {
  underWay: boolean
  status: TenantStatus
  attempts: number
  startedAt: string | null
  nextAt: string | null
  /** When it is given up to a slower rhythm. */
  deadlineAt: string | null
  /** What is waited for; null when nothing is. */
  awaiting: 'token' | 'roles' | 'live_call' | null
  /** The same in words, for a page that the customer sees. */
  words: string
  rolesMissing: string[]
  lastError: Failure | null
}

const awaitedWords = {
  token: 'Waiting until Microsoft lets our app into your organization.',
  roles: 'Our app is known there. Waiting until all permissions have arrived.',
  live_call: 'The permissions have arrived. Waiting for the first answer from Microsoft Defender.',
}

const endWords: Record<TenantStatus, string> = {
  verifying: 'The connection is being checked.',
  connected: 'Everything works. The connection is complete.',
  degraded: 'The connection works, but something is missing.',
  disconnected: 'The connection does not work yet.',
}

export function verificationProgress(tenant: TenantRecord): VerificationProgress {
  const underWay = tenant.verificationNextAt !== null
  const startedAt = tenant.verificationStartedAt
  const awaiting = underWay ? awaited(tenant) : null
  const status = tenant.status as TenantStatus
  return {
    underWay,
    status,
    attempts: tenant.verificationAttempts,
    startedAt: startedAt?.toISOString() ?? null,
    nextAt: tenant.verificationNextAt?.toISOString() ?? null,
    deadlineAt: underWay && startedAt ? new Date(startedAt.getTime() + windowMs).toISOString() : null,
    awaiting,
    words: awaiting ? awaitedWords[awaiting] : endWords[status],
    rolesMissing: tenant.rolesMissing,
    lastError: readStoredFailure(tenant.lastError),
  }
}

function awaited(tenant: TenantRecord): 'token' | 'roles' | 'live_call' {
  const failure = readStoredFailure(tenant.lastError)
  if (!failure || tenant.verificationAttempts === 0) return 'token'
  if (failure.service !== 'entra') return 'live_call'
  return failure.code === 'role_missing' ? 'roles' : 'token'
}
