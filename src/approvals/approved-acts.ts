import type { z } from 'zod'
import { AppError } from '../errors.ts'
import type { Actor } from '../tenants/actor.ts'
import type { TwoPersonAct } from '../tenants/permissions.ts'

/**
 * Does what was approved, as whoever asked, by the request that is stored.
 *
 * @throws what the act itself is refused with
 */
export type ApprovedAct = {
  run(actor: Actor, request: unknown, approvalId: string): Promise<unknown>
  /** Whether a second run after a kill does nothing that the first one did. */
  isRepeatable: boolean
}

export type ApprovedActs = Record<TwoPersonAct, ApprovedAct>

/** An act whose request is read back by a schema, as another version may have written it. */
export function approvedAct<T>(
  schema: z.ZodType<T>,
  run: (actor: Actor, request: T, approvalId: string) => Promise<unknown>,
  isRepeatable = true,
): ApprovedAct {
  return {
    isRepeatable,
    run(actor, request, approvalId) {
      const read = schema.safeParse(request)
      if (read.success) return run(actor, read.data, approvalId)
      throw new AppError('conflict', 'this version cannot read what was asked for', {
        remedy: 'Ask for it again.',
      })
    },
  }
}
