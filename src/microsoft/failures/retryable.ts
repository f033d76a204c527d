import type { Failure } from '../../errors.ts'
import type { FailureName } from './failure-names.ts'

const passing: ReadonlySet<string> = new Set<FailureName>([
  'throttled',
  'cpu_quota_exhausted',
  'unavailable',
  'timeout',
  'network',
  'proxy_unreachable',
  'reset',
  'bad_answer',
  'webhook_unavailable',
])

/** Names that an answer may carry while a fresh consent has not reached every part of Microsoft's cloud. */
const settling: ReadonlySet<string> = new Set<FailureName>([
  'consent_missing',
  'consent_revoked',
  'service_missing',
  'role_missing',
  'token_rejected',
])

const troubled: ReadonlySet<string> = new Set<FailureName>([
  'unavailable',
  'timeout',
  'network',
  'proxy_unreachable',
  'reset',
  'bad_answer',
])

const blocked: ReadonlySet<string> = new Set<FailureName>(['tenant_inactive', 'tenant_blocked'])

/**
 * True when Microsoft has blocked the tenant. Few requests are to be sent there
 * until it is unblocked.
 *
 * @see Microsoft Entra, "Tenant inaccessible due to inactivity", application owners
 */
export function isBlockedByMicrosoft(failure: Failure): boolean {
  return blocked.has(failure.code)
}

/** True when the same call may well succeed a little later. Says nothing about whether a write happened. */
export function isRetryable(failure: Failure): boolean {
  return passing.has(failure.code) && !failure.permanent
}

/**
 * True when, within the first minutes after a consent, the failure may only
 * mean that it has not spread yet: consent and roles reach Microsoft's
 * directories with a delay that nobody publishes.
 */
export function afterConsentRetryable(failure: Failure): boolean {
  const refusedByApi = failure.service !== 'entra' && (failure.status === 401 || failure.status === 403)
  return !failure.permanent || settling.has(failure.code) || refusedByApi
}

/** True when the service itself seems ill, which is what opens a circuit. */
export function isServiceTrouble(failure: Failure): boolean {
  return troubled.has(failure.code)
}

/**
 * True for a query that ended by a time-out after it had been sent: it may
 * have run, and running it again would cost the tenant's quota once more.
 */
export function mayHaveRun({ code, service, status, serviceCode }: Failure): boolean {
  const wasSent = serviceCode !== 'UND_ERR_CONNECT_TIMEOUT' && status !== 408
  return code === 'timeout' && service !== 'entra' && wasSent
}
