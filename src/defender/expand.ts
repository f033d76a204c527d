import { RemoteError } from '../errors.ts'

/**
 * Whether a call with `$expand` failed in the way that large tenants see: the
 * service gives up on it, while the same call without `$expand` works.
 */
export function isServiceStruggling(error: unknown): boolean {
  return (
    error instanceof RemoteError &&
    error.failure.service !== 'entra' &&
    (error.failure.code === 'timeout' ||
      error.failure.code === 'unavailable' ||
      error.failure.code === 'too_large')
  )
}
