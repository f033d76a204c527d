import { type Failure, failureOf } from '../../errors.ts'
import type { Actor } from '../../tenants/actor.ts'
import { connectionSummary } from '../../tenants/connection-summary.ts'
import type { Contact } from '../../tenants/contact.ts'
import type { Connect } from '../connect.ts'

/** What became of one line of a list. */
export type LineOutcome = {
  outcome: 'waiting' | 'connected' | 'degraded' | 'disconnected' | 'verifying' | 'refused' | 'bad_line'
  tenantId: string | null
  /** Why it did not go well. */
  error: Failure | null
}

/** Connects one tenant of a list; a refusal is an outcome, and costs no other line. */
export async function connectLine(
  connect: Pick<Connect, 'connectTenant'>,
  actor: Actor,
  entry: { name: string; tenant: string; tags: string[]; contact: Contact | null },
): Promise<LineOutcome> {
  try {
    const tenant = await connect.connectTenant(actor, entry)
    return {
      outcome: tenant.status as LineOutcome['outcome'],
      tenantId: tenant.id,
      error: connectionSummary(tenant).failure,
    }
  } catch (thrown) {
    const error = failureOf(thrown)
    if (!error) throw thrown
    return { outcome: 'refused', tenantId: null, error }
  }
}
