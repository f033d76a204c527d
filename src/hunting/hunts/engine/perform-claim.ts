import { namedFailure } from '../../../remote/index.ts'
import type { RunHunt } from './ask-tenant.ts'
import type { Held } from './held-claims.ts'
import type { EngineLog } from './log.ts'
import { runTask, type TaskParts } from './run-task.ts'
import type { EngineStore } from './store.ts'
import type { Claim, HuntOrder, Outcome } from './task.ts'

/** Does what a claim asks for. Null when nothing is to be written: it was given up, or its hunt is gone. */
export type PerformClaim = (one: Held) => Promise<Outcome | null>

export type PerformParts = TaskParts & { store: Pick<EngineStore, 'order'>; log: EngineLog }

/** @throws what the database failed with; the claim then ends with its lease */
export function createPerformClaim(parts: PerformParts): PerformClaim {
  const orderOf = rememberOrders(parts.store)

  return async ({ claim, abort: { signal }, failed }) => {
    const order = await orderOf(claim.huntId)
    if (!order) return null
    const hunt: RunHunt = failed ? () => Promise.reject(failed) : parts.hunt
    try {
      const outcome = await runTask({ ...parts, hunt }, claim, order, signal)
      return signal.aborted ? null : outcome
    } catch (error) {
      if (signal.aborted) return null
      const { huntId, tenantId } = claim
      parts.log.error({ err: error, huntId, tenantId }, 'a hunt task failed unexpectedly')
      return broken(claim)
    }
  }
}

const mostOrders = 200

/** Query and deadline of a hunt never change: read once while it is worked on. */
function rememberOrders(store: Pick<EngineStore, 'order'>): EngineStore['order'] {
  const orders = new Map<string, Promise<HuntOrder | null>>()
  return huntId => {
    const known = orders.get(huntId)
    if (known) return known
    const order = store.order(huntId)
    orders.set(huntId, order)
    order.catch(() => orders.delete(huntId))
    if (orders.size > mostOrders) orders.delete(orders.keys().next().value ?? '')
    return order
  }
}

function broken({ rowCount, columns, slices }: Claim): Outcome {
  const failure = namedFailure('bad_answer', {
    service: 'graph',
    message: 'The answer could not be handled; the log has the details.',
  })
  return { status: 'failed', rowCount, columns, slices, error: { ...failure, permanent: true }, chunks: [] }
}
