import { AppError, RemoteError } from '../../errors.ts'
import type { Actor } from '../../tenants/actor.ts'
import type { Connect } from '../connect.ts'

/** What became of one line of a list. */
export type LineOutcome = {
  outcome: 'waiting' | 'connected' | 'degraded' | 'disconnected' | 'verifying' | 'refused' | 'bad_line'
  tenantId: string | null
  /** Code and words when it did not go well. */
  code: string | null
  message: string | null
  remedy: string | null
}

/** Connects one tenant of a list; a refusal is an outcome, and costs no other line. */
export async function connectLine(
  connect: Pick<Connect, 'connectTenant'>,
  actor: Actor,
  entry: { name: string; tenant: string; tags: string[] },
): Promise<LineOutcome> {
  const none = { tenantId: null, code: null, message: null, remedy: null }
  try {
    const tenant = await connect.connectTenant(actor, entry)
    return { ...none, outcome: tenant.status as LineOutcome['outcome'], tenantId: tenant.id }
  } catch (error) {
    if (error instanceof AppError) {
      const { code, message, remedy } = error
      return { ...none, outcome: 'refused', code, message, remedy }
    }
    if (error instanceof RemoteError) {
      const { code, message, remedy } = error.failure
      return { ...none, outcome: 'refused', code, message, remedy }
    }
    throw error
  }
}
