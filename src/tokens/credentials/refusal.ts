import { RemoteError } from '../../errors.ts'

/**
 * AADSTS numbers that blame the credential and not the tenant: wrong or expired
 * secret, unknown certificate, assertion out of its time or malformed,
 * federated credential that does not match.
 *
 * @see Microsoft Entra authentication and authorization error codes
 */
const refusals = new Set([
  7000215, 7000222, 7000218, 700027, 700024, 700030, 700025, 70021, 700211, 700212, 700213, 700229, 50012,
  50013, 50027, 50048,
])

const refusalCodes = new Set([
  'credential_invalid',
  'credential_expired',
  'certificate_unknown',
  'assertion_time',
])

/** True when another credential may do better: this one was refused, or cannot be had. */
export function isCredentialRefusal(error: unknown): error is RemoteError {
  if (!(error instanceof RemoteError)) return false
  const { service, code, serviceCode } = error.failure
  if (service === 'key-vault' || service === 'managed-identity') return true
  const number = Number(/^(?:AADSTS)?(\d+)$/.exec(serviceCode ?? '')?.[1])
  return refusalCodes.has(code) || refusals.has(number)
}
