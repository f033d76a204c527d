import { RemoteError } from '../errors.ts'
import type { CallParts } from './call.ts'
import { chooseSurface } from './choose-surface.ts'

/**
 * Gets the token that a hunt in this tenant will need. A failure is reported
 * as that of a call would be, since no call follows it.
 *
 * @throws AppError `role_missing`, RemoteError when there is no token to be had
 */
export async function prepareHunt(
  { tokens, onOutcome = () => {} }: CallParts,
  tenantId: string,
  roles: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const surface = chooseSurface(roles, 'hunting')
  try {
    await tokens.acquire(tenantId, surface, signal ? { signal } : {})
  } catch (error) {
    if (error instanceof RemoteError) onOutcome(tenantId, surface, error.failure)
    throw error
  }
}
