import { RemoteError } from '../../errors.ts'
import type { Surface } from '../clouds/clouds.ts'
import { namedFailure } from './named-failure.ts'

/**
 * A role that the customer has not granted, found before anything was sent.
 *
 * @param needs roles as `surface:Role`, of which any one would do; the first is the one to ask for
 * @param why what was found, without the role
 */
export function roleMissing(
  needs: readonly string[],
  why = 'The customer has not granted what this needs',
): RemoteError {
  const [wanted = ''] = needs
  return new RemoteError(
    namedFailure('role_missing', {
      service: wanted.split(':')[0] as Surface,
      message: `${why}: ${wanted}.`,
      remedy: `Send the customer a new consent link so that ${wanted} is approved with the rest.`,
    }),
    undefined,
    { needs: [...needs] },
  )
}
