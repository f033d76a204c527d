import { RemoteError } from '../../../errors.ts'
import type { CallSurface, SurfaceCall } from '../call.ts'

/** Adds a comment on Graph. */
export async function addComment(
  call: CallSurface,
  request: Pick<SurfaceCall, 'tenantId' | 'surface' | 'quota' | 'path'>,
  comment: string,
): Promise<void> {
  await call({
    ...request,
    method: 'POST',
    write: true,
    body: { '@odata.type': 'microsoft.graph.security.alertComment', comment },
  })
}

/** Says, when the comment fails, that the change before it was made: it must not be repeated for the comment's sake. */
export async function withoutComment(write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error
    const { failure } = error
    throw new RemoteError(
      {
        ...failure,
        message: `The change was made, but its comment was not added: ${failure.message}`,
        remedy: `Add the comment alone. ${failure.remedy}`,
      },
      error,
    )
  }
}
