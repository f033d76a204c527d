import type { Mover, RemoteService } from '../errors.ts'
import { RemoteError } from '../errors.ts'

type Told = {
  service?: RemoteService
  code: string
  message: string
  remedy: string
  permanent: boolean
  whoseMove: Mover
  status?: number | null
  serviceCode?: string | null
  requestId?: string | null
  cause?: unknown
}

/** A failure found on our side of the wire: in an answer's content, or while a credential was prepared. */
export function tokenFailure(told: Told): RemoteError {
  return new RemoteError(
    {
      service: told.service ?? 'entra',
      code: told.code,
      message: told.message,
      remedy: told.remedy,
      permanent: told.permanent,
      whoseMove: told.whoseMove,
      status: told.status ?? null,
      serviceCode: told.serviceCode ?? null,
      requestId: told.requestId ?? null,
      retryAfterSeconds: null,
      at: new Date().toISOString(),
    },
    told.cause,
  )
}

/** The service answered 200 with something that cannot be what was asked for. */
export function badAnswer(
  message: string,
  { requestId = null, cause }: { requestId?: string | null; cause?: unknown } = {},
) {
  return tokenFailure({
    code: 'bad_answer',
    message,
    remedy: 'Try again. If it stays, give the request id to Microsoft support.',
    permanent: false,
    whoseMove: 'microsoft',
    status: 200,
    requestId,
    cause,
  })
}
