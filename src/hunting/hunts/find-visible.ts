import { z } from 'zod'
import type { Database } from '../../database/index.ts'
import { AppError } from '../../errors.ts'
import type { Actor } from '../../tenants/actor.ts'
import { findHunt, type HuntRecord } from './store.ts'

const uuid = z.uuid()

export function isHuntId(text: string): boolean {
  return uuid.safeParse(text).success
}

/** @throws AppError `not_found`, also for a hunt that asked no tenant the actor may see */
export async function findVisible(db: Database, actor: Actor, id: string): Promise<HuntRecord> {
  const hunt = isHuntId(id) ? await findHunt(db, actor, id) : null
  if (hunt) return hunt
  throw new AppError('not_found', 'there is no such hunt', {
    remedy: 'Look it up in the list of hunts; results are removed after the time that is set.',
  })
}
