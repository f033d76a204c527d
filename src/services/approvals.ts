import { z } from 'zod'
import { createApprovals } from '../approvals/approvals.ts'
import { type ApprovedActs, approvedAct } from '../approvals/approved-acts.ts'
import { type Asked, createAsk, waitsForApproval } from '../approvals/guard.ts'
import type { AnnounceApproval } from '../approvals/news.ts'
import type { KnownKey } from '../approvals/same-person.ts'
import type { DeviceService } from '../devices/devices.ts'
import { AppError } from '../errors.ts'
import { readIncidentId } from '../incidents/incident-id.ts'
import type { createIncidents } from '../incidents/incidents.ts'
import type { CurrentAccessOf } from '../staff/current-access.ts'
import { type Members, readPerson } from '../staff/members.ts'
import type { Actor } from '../tenants/actor.ts'
import { limitsWords, storedLimits } from '../tenants/limits.ts'
import { type Act, actBehind, requireAct, type TwoPersonAct } from '../tenants/permissions.ts'
import type { Tenants } from '../tenants/tenants.ts'
import type { Base } from './base.ts'

type Parts = { tenants: Tenants; devices: DeviceService; incidents: Incidents; members: Members }

type Incidents = ReturnType<typeof createIncidents>

const ofTenant = z.object({ tenantId: z.guid() })
const ofDevice = z.object({
  tenantId: z.guid(),
  deviceId: z.string(),
  request: z.custom<Parameters<DeviceService['request']>[3]>(value => typeof value === 'object'),
})
const ofIncidents = z.object({
  ids: z.array(z.string()),
  change: z.custom<Parameters<Incidents['changeMany']>[2]>(value => typeof value === 'object'),
})
/** With a user name: somebody who is entered; without: somebody known. */
const ofMember = z.object({
  objectId: z.guid(),
  username: z.string().optional(),
  limits: storedLimits,
})

/**
 * The two-person rule: the same parts, whose acts that `TENANTRY_TWO_PERSON`
 * names are written down instead of done, and done once a second person agrees.
 * It stands around the parts, so that no page, route or command goes past it.
 *
 * The guarded functions throw AppError `approval_required` when the act waits.
 */
export function createTwoPersonRule(
  { config, db, key, audit, log, now }: Base,
  { tenants, devices, incidents, members }: Parts,
  {
    accessFor,
    knownKeys,
    announce,
  }: {
    accessFor: (act: Act) => CurrentAccessOf
    knownKeys: () => Promise<KnownKey[]>
    announce: AnnounceApproval
  },
) {
  const ask = createAsk({ db, audit, key, announce, now })

  async function guarded<T>(
    actor: Actor,
    act: TwoPersonAct,
    about: () => Promise<Omit<Asked, 'act'>>,
    run: () => Promise<T>,
  ): Promise<T> {
    if (!config.twoPerson.includes(act)) return run()
    requireAct(actor, actBehind[act])
    throw waitsForApproval(await ask(actor, { act, ...(await about()) }))
  }

  const approvedActs: ApprovedActs = {
    'device.isolate': approvedAct(
      ofDevice,
      (actor, { tenantId, deviceId, request }) => devices.request(actor, tenantId, deviceId, request),
      false,
    ),
    'incident.bulk': approvedAct(
      ofIncidents,
      (actor, { ids, change }) => changeAll(actor, ids, change),
      false,
    ),
    'tenant.offboard': approvedAct(ofTenant, (actor, { tenantId }) => tenants.remove(actor, tenantId), false),
    // Entering the same person again is refused, so it is told when the process died between.
    'staff.grant': approvedAct(
      ofMember,
      (actor, { objectId, username, limits }) =>
        username === undefined
          ? members.limit(actor, objectId, limits)
          : members.enter(actor, { objectId, username, tenants: limits }),
      false,
    ),
  }

  async function changeAll(
    actor: Actor,
    ...[ids, change]: [string[], Parameters<Incidents['changeMany']>[2]]
  ) {
    const results = await incidents.changeMany(actor, ids, change)
    const failed = results.filter(({ ok }) => !ok)
    if (failed.length === 0) return
    throw new AppError('conflict', `${failed.length} of ${results.length} incidents were not changed`, {
      remedy: 'Look at the incidents; the audit says what became of each.',
    })
  }

  const approvals = createApprovals({
    db,
    audit,
    key,
    approvedActs,
    keys: knownKeys,
    async currentActor({ kind, id, label }, act) {
      // Whoever may run the command line on this machine may do everything.
      if (kind === 'system') return { kind, id, label, role: 'admin', tenants: 'all' }
      return (await accessFor(actBehind[act])([{ kind, id }])).get(id)?.actor ?? null
    },
    log,
    now,
  })

  const guardedTenants: Tenants = {
    ...tenants,
    remove: (actor, tenantId) =>
      guarded(
        actor,
        'tenant.offboard',
        async () => {
          const { id, name } = await tenants.get(actor, tenantId)
          return { summary: `Offboard ${name}`, request: { tenantId: id }, tenantIds: [id] }
        },
        () => tenants.remove(actor, tenantId),
      ),
  }
  const guardedDevices: DeviceService = {
    ...devices,
    request(actor, tenantId, deviceId, request) {
      if (request.type !== 'isolate') return devices.request(actor, tenantId, deviceId, request)
      return guarded(
        actor,
        'device.isolate',
        async () => {
          const { id, name } = await tenants.get(actor, tenantId)
          const device = await devices.get(actor, id, deviceId)
          return {
            summary: `Isolate ${device.name} of ${name}: ${request.comment.trim()}`,
            request: { tenantId: id, deviceId: device.deviceId, request },
            tenantIds: [id],
          }
        },
        () => devices.request(actor, tenantId, deviceId, request),
      )
    },
  }
  const guardedIncidents: Incidents = {
    ...incidents,
    changeMany(actor, ids, change, onResult) {
      const wanted = [...new Set(ids)]
      if (wanted.length < 2) return incidents.changeMany(actor, ids, change, onResult)
      return guarded(
        actor,
        'incident.bulk',
        async () => {
          const tenantIds = [...new Set(wanted.flatMap(id => readIncidentId(id)?.tenantId ?? []))]
          const found = await Promise.all(tenantIds.map(id => tenants.get(actor, id)))
          const fields = Object.keys(change).join(', ')
          const where = found.length === 1 ? found[0]?.name : `${found.length} tenants`
          const summary = `Change ${fields} of ${wanted.length} incidents of ${where}`
          return { summary, request: { ids: wanted, change }, tenantIds }
        },
        () => incidents.changeMany(actor, ids, change, onResult),
      )
    },
  }
  const guardedMembers: Members = {
    ...members,
    limit: (actor, objectId, limits) =>
      guarded(
        actor,
        'staff.grant',
        async () => {
          const { username } = await members.get(actor, objectId)
          return {
            summary: `Let ${username} see ${limitsWords(limits)}`,
            request: { objectId, limits },
            tenantIds: [],
          }
        },
        () => members.limit(actor, objectId, limits),
      ),
    enter: (actor, person) =>
      guarded(
        actor,
        'staff.grant',
        async () => {
          const { objectId, username } = readPerson(person)
          return {
            summary: `Enter ${username}, who sees ${limitsWords(person.tenants)}`,
            request: { objectId, username, limits: person.tenants },
            tenantIds: [],
          }
        },
        () => members.enter(actor, person),
      ),
  }

  return {
    approvals,
    tenants: guardedTenants,
    devices: guardedDevices,
    incidents: guardedIncidents,
    members: guardedMembers,
  }
}
