import { AppError, type Mover, RemoteError } from '../errors.ts'
import { sentence } from './problem.ts'

/** A failure of one part of a page, in the shape of the `_failure` partial; the rest of the page stands. */
export type ShownFailure = {
  code: string
  message: string
  remedy: string | null
  whoseMove: Mover
  requestId: string | null
  permanent: boolean
}

/**
 * Reads what a live call to a tenant was refused with.
 *
 * @throws the error itself when it is not about the tenant: a bug, or what the actor may not see
 */
export function showFailure(error: unknown): ShownFailure {
  if (error instanceof RemoteError) {
    const { code, message, remedy, whoseMove, requestId, permanent } = error.failure
    return { code, message, remedy, whoseMove, requestId, permanent }
  }
  if (error instanceof AppError && error.code === 'role_missing') {
    const { code, message, remedy } = error
    return {
      code,
      message: sentence(message),
      remedy,
      whoseMove: 'customer',
      requestId: null,
      permanent: true,
    }
  }
  throw error
}
