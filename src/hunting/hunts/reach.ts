import type { RemoteFailure } from '../../errors.ts'
import { namedFailure } from '../../remote/index.ts'
import { rolesFor, surfaceFor } from '../../tenants/capabilities.ts'
import { readStoredFailure } from '../../tenants/stored-failure.ts'
import type { Candidate } from './store.ts'

/**
 * Why a tenant need not be asked at all: it is disconnected, no granted role
 * opens hunting, or its only surface takes no time span.
 *
 * @returns null when it can be asked
 */
export function whyUnreachable(
  { status, roles, lastError }: Pick<Candidate, 'status' | 'roles' | 'lastError'>,
  timespan: string | null,
): RemoteFailure | null {
  if (status === 'disconnected') {
    return (
      readStoredFailure(lastError) ??
      namedFailure('app_removed', { service: 'entra', message: 'The tenant is disconnected.' })
    )
  }
  const surface = surfaceFor(roles, 'hunting')
  const [wanted = ''] = rolesFor('hunting')
  if (surface === null) {
    return namedFailure('role_missing', {
      service: 'graph',
      message: `The customer has not granted what hunting needs: ${wanted}.`,
      remedy: `Send the customer a new consent link so that ${wanted} is approved with the rest.`,
    })
  }
  if (surface !== 'graph' && timespan !== null && !/^P30D$/i.test(timespan)) {
    return namedFailure('role_missing', {
      service: surface,
      message: 'This tenant can be hunted in only through an older interface, which takes no time span.',
      remedy: `Filter on time in the query instead, or ask the customer for ${wanted}.`,
    })
  }
  return null
}
