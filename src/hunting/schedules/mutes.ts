import type { Audit } from '../../audit/audit.ts'
import { AppError } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import { isGuid } from '../../platform/guid.ts'
import { storableText } from '../../platform/storable.ts'
import type { Actor } from '../../tenants/actor.ts'
import type { MuteView } from './model.ts'
import { createMute, endMutes, findMute, findVisibleTenant, type ScheduleRecord } from './store.ts'
import { toMute } from './view.ts'

type Deps = { db: Database; audit: Audit; now: () => Date }

/** The longest that a tenant can be muted: a mute without an end is forgotten. */
const longestMuteDays = 366

/**
 * Mutes a tenant in a schedule; a mute before it ends.
 *
 * @throws AppError `invalid` with `details.fields`; `not_found` for a tenant that the actor may not see
 */
export async function muteTenant(
  { db, audit, now }: Deps,
  actor: Actor,
  schedule: ScheduleRecord,
  { tenantId, reason, endsAt }: { tenantId: string; reason: string; endsAt: Date },
): Promise<MuteView> {
  const text = storableText(reason.trim(), 1000)
  const fields: Record<string, string> = {}
  if (text === '') fields.reason = 'Say why, for whoever reads this in a month'
  const days = (endsAt.getTime() - now().getTime()) / 86_400_000
  if (!(days > 0)) fields.endsAt = 'Choose an end that is still to come'
  if (days > longestMuteDays) fields.endsAt = 'Choose an end within a year'
  if (Object.keys(fields).length > 0) {
    throw new AppError('invalid', Object.values(fields).join('; '), { details: { fields } })
  }
  const tenant = isGuid(tenantId) ? await findVisibleTenant(db, actor, tenantId) : null
  if (!tenant) throw new AppError('not_found', 'there is no such tenant')

  return db.$transaction(async tx => {
    await endMutes(tx, { scheduleId: schedule.id, tenantId: tenant.id }, actor, now())
    const owner = { ownerId: actor.id, owner: actor.label }
    const mute = { scheduleId: schedule.id, tenantId: tenant.id, reason: text, endsAt, ...owner }
    const made = await createMute(tx, mute)
    const detail = { schedule: schedule.name, reason: text, endsAt: endsAt.toISOString() }
    const about = { tenantId: tenant.id, tenantName: tenant.name, target: schedule.id }
    await audit.record({ actor, action: 'schedule.muted', ...about, detail }, tx)
    return toMute(made)
  })
}

/** @throws AppError `not_found` when it has ended, or is of a tenant that the actor may not see */
export async function endMute(
  { db, audit, now }: Deps,
  actor: Actor,
  schedule: ScheduleRecord,
  muteId: string,
): Promise<void> {
  await db.$transaction(async tx => {
    const isId = isGuid(muteId)
    const mute = isId ? await findMute(tx, actor, schedule.id, muteId, now()) : null
    const count = mute ? await endMutes(tx, { scheduleId: schedule.id, id: mute.id }, actor, now()) : 0
    if (!mute || count === 0) throw new AppError('not_found', 'this mute has ended')
    const detail = { schedule: schedule.name, owner: mute.owner, reason: mute.reason }
    const about = { tenantId: mute.tenantId, tenantName: mute.tenant.name, target: schedule.id }
    await audit.record({ actor, action: 'schedule.unmuted', ...about, detail }, tx)
  })
}
