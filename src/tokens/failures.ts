import { RemoteError } from '../errors.ts'
import { namedFailure } from '../remote/named-failure.ts'

/**
 * Entra answered 200 with something that cannot be what was asked for.
 *
 * @param message what was found; quotes nothing of the answer
 */
export function badAnswer(message: string, requestId: string | null = null, cause?: unknown): RemoteError {
  return new RemoteError(
    namedFailure('bad_answer', { service: 'entra', message, status: 200, requestId }),
    cause,
  )
}
