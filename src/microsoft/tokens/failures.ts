import { RemoteError } from '../../errors.ts'
import { namedFailure } from '../failures/named-failure.ts'

/**
 * Entra answered 200 with something that cannot be what was asked for.
 *
 * @param message what was found; quotes nothing of the answer
 * @param more.serviceCode what a library called it
 */
export function badAnswer(
  message: string,
  requestId: string | null = null,
  { serviceCode = null, cause }: { serviceCode?: string | null; cause?: unknown } = {},
): RemoteError {
  const failure = namedFailure('bad_answer', {
    service: 'entra',
    message,
    status: 200,
    requestId,
    serviceCode,
  })
  return new RemoteError(failure, cause)
}

/**
 * Entra answered with a token that was not asked for, or is none.
 *
 * @param message what was found; quotes nothing of the token
 */
export function badToken(message: string, requestId: string | null = null): RemoteError {
  return new RemoteError(namedFailure('bad_token', { service: 'entra', message, status: 200, requestId }))
}
