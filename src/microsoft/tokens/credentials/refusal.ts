import { RemoteError } from '../../../errors.ts'
import type { FailureName } from '../../failures/failure-names.ts'

/** Names that blame the credential and not the tenant. */
const refusals: ReadonlySet<string> = new Set<FailureName>([
  'credential_invalid',
  'credential_expired',
  'credential_missing',
  'certificate_unknown',
  'assertion_time',
  'assertion_invalid',
  'federation_mismatch',
])

/** True when another credential may do better: this one was refused, or cannot be had. */
export function isCredentialRefusal(error: unknown): error is RemoteError {
  if (!(error instanceof RemoteError)) return false
  const { service, code } = error.failure
  return service === 'key-vault' || service === 'managed-identity' || refusals.has(code)
}
