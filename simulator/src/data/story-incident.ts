import type { CustomerProfile } from '../world.ts'
import type { Alert, Classification, Determination, Incident, Severity } from './alert-model.ts'
import { makeRandom, type Random, seedOf } from './random.ts'
import { StoryBuilder } from './stories/builder.ts'
import { stories } from './stories/index.ts'
import type { Story } from './stories/story.ts'
import type { StoryRow } from './stories/story-row.ts'
import type { TenantInventory } from './tenant-inventory.ts'
import { type Ticks, ticksOfDate, ticksPerDay, ticksPerSecond } from './ticks.ts'

const ticksPerHour = 3600n * ticksPerSecond

/** How long it takes on average until the next incident: each has its own slot of this length. */
const slotHours: Record<CustomerProfile['size'], bigint> = { small: 40n, medium: 9n, large: 3n }

/** What becomes of an incident after it was raised, each step at its time. */
type Life = {
  assigned: { at: Ticks; to: string } | null
  resolved: {
    at: Ticks
    classification: Classification
    determination: Determination
    comment: string
  } | null
  awaiting: { at: Ticks } | null
  merged: { at: Ticks; slot: number } | null
}

/** One incident with all that ever happens to it, whatever the time is now. */
export type StoryIncident = {
  slot: number
  id: number
  name: string
  description: string | null
  severity: Severity
  systemTags: string[]
  customTags: string[]
  created: Ticks
  alerts: Alert[]
  rows: StoryRow[]
  life: Life
}

/** The first moment of the tenant's history: 30 days before the world's epoch. */
export function historyStart(epoch: Date): Ticks {
  return ticksOfDate(epoch) - 30n * ticksPerDay
}

/** The slots that have begun by `now`: 0 up to, not including, the number returned. */
export function slotCount(profile: CustomerProfile, epoch: Date, now: Ticks): number {
  if (storiesOf(profile).length === 0) return 0
  const elapsed = now - historyStart(epoch)
  return elapsed < 0n ? 0 : Number(elapsed / (slotHours[profile.size] * ticksPerHour)) + 1
}

function storiesOf(profile: CustomerProfile): Story[] {
  return stories.filter(
    story =>
      story.needs.every(license => profile.licenses.includes(license)) &&
      // Hostile names belong in a few places only.
      (story.id !== 'hostile-names' || profile.size !== 'small'),
  )
}

/** Incident ids grow with time, with gaps, and start elsewhere in each tenant. */
function incidentId(profile: CustomerProfile, slot: number): number {
  const start = 1000 + (seedOf(profile.seed, 'incident ids') % 40_000)
  return start + slot * 7 + (seedOf(profile.seed, 'incident id', slot) % 7)
}

/**
 * Tells the story of one slot; the same slot always tells the same.
 *
 * @param at when it begins; somewhere in its slot unless told
 */
export function makeStoryIncident(inventory: TenantInventory, slot: number, at?: Ticks): StoryIncident {
  const { profile, epoch } = inventory
  const random = makeRandom(seedOf(profile.seed, 'story', slot))
  const choice = storiesOf(profile)
  // Through the list in turn, so that a tenant of any age has seen each kind; tenants begin at different places.
  const story = choice[(slot + (profile.seed % choice.length)) % choice.length]
  if (!story) throw new RangeError(`tenant ${profile.tenantId} has no license that any story needs`)

  const length = slotHours[profile.size] * ticksPerHour
  const within = (BigInt(random.int(0, 999_999)) * length) / 1_100_000n
  const start = at ?? historyStart(epoch) + BigInt(slot) * length + within
  const builder = new StoryBuilder(inventory, random, start)
  const title = story.tell(builder)
  const created = (builder.alerts[0]?.created ?? builder.now) + 20n * ticksPerSecond

  return {
    slot,
    id: incidentId(profile, slot),
    name: title.name,
    description: title.description ?? null,
    severity: highest(builder.alerts.map(alert => alert.severity)),
    systemTags: title.systemTags ?? [],
    customTags:
      title.customTags ??
      (random.chance(0.2) ? [random.pick(['tuning', 'vip', 'weekly review', 'handover'])] : []),
    created,
    alerts: builder.alerts,
    rows: builder.rows,
    life: makeLife(inventory, story, slot, created, random),
  }
}

function makeLife(
  inventory: TenantInventory,
  story: Story,
  slot: number,
  created: Ticks,
  random: Random,
): Life {
  const after = (lowHours: number, highHours: number) =>
    created +
    BigInt(random.int(lowHours * 60, highHours * 60)) * 60n * ticksPerSecond +
    BigInt(random.int(0, 599_999_999))
  const desk = `security@${inventory.profile.domain}`
  const roll = random.next()
  const verdict: { classification: Classification; determination: Determination; comment: string } =
    story.isMalicious
      ? {
          classification: 'truePositive',
          determination: random.pick([
            'malware',
            'compromisedAccount',
            'multiStagedAttack',
            'phishing',
          ] as const),
          comment: 'Contained and cleaned up.',
        }
      : random.pick([
          {
            classification: 'falsePositive',
            determination: 'notMalicious',
            comment: 'Looked at it, nothing wrong.',
          },
          {
            classification: 'informationalExpectedActivity',
            determination: 'confirmedActivity',
            comment: 'Announced beforehand by the user.',
          },
        ] as const)

  return {
    assigned: roll < 0.45 ? { at: after(1, 5), to: desk } : null,
    resolved: roll < 0.3 ? { at: after(8, 90), ...verdict } : null,
    awaiting: roll > 0.95 ? { at: after(1, 3) } : null,
    merged: slot > 0 && roll > 0.86 && roll < 0.94 ? { at: after(1, 9), slot: slot - 1 } : null,
  }
}

const severityOrder: readonly Severity[] = ['informational', 'low', 'medium', 'high']

function highest(severities: Severity[]): Severity {
  const rank = Math.max(0, ...severities.map(severity => severityOrder.indexOf(severity)))
  return severityOrder[rank] ?? 'informational'
}

/** The incident as it stood at `now`, changes made through the APIs not yet applied; undefined before it was raised. */
export function incidentAt(story: StoryIncident, now: Ticks, profile: CustomerProfile): Incident | undefined {
  if (story.created > now) return undefined
  const { life } = story
  const has = (step: { at: Ticks } | null): step is { at: Ticks } => step !== null && step.at <= now
  const alerts = story.alerts.filter(alert => alert.created <= now).map(alert => ({ ...alert }))
  const incident: Incident = {
    id: story.id,
    redirectTo: null,
    name: story.name,
    description: story.description,
    summary: null,
    severity: highest(alerts.map(alert => alert.severity)),
    priorityScore: priorityScore(story),
    status: 'active',
    classification: 'unknown',
    determination: 'unknown',
    assignedTo: null,
    customTags: [...story.customTags],
    systemTags: [...story.systemTags],
    comments: [],
    created: story.created,
    lastUpdate: story.created,
    resolvingComment: null,
    lastModifiedBy: 'Microsoft 365 Defender-AlertCorrelation',
    alerts,
  }
  const touch = (at: Ticks) => {
    if (at > incident.lastUpdate) incident.lastUpdate = at
  }
  for (const alert of alerts) touch(alert.created)

  if (life.assigned && has(life.assigned)) {
    incident.assignedTo = life.assigned.to
    incident.status = 'inProgress'
    incident.lastModifiedBy = life.assigned.to
    touch(life.assigned.at)
    for (const alert of alerts)
      setAlert(alert, life.assigned.at, { status: 'inProgress', assignedTo: life.assigned.to })
  }
  if (has(life.awaiting)) {
    incident.status = 'awaitingAction'
    incident.systemTags = [...incident.systemTags, 'Defender Experts']
    touch(life.awaiting.at)
  }
  if (life.resolved && has(life.resolved)) {
    const { at, classification, determination, comment } = life.resolved
    Object.assign(incident, { status: 'resolved', classification, determination, resolvingComment: comment })
    incident.comments = [{ comment, createdBy: `security@${profile.domain}`, created: at }]
    touch(at)
    for (const alert of alerts)
      setAlert(alert, at, { status: 'resolved', classification, determination, resolved: at })
  }
  if (life.merged && has(life.merged)) {
    incident.status = 'redirected'
    incident.redirectTo = incidentId(profile, life.merged.slot)
    incident.lastModifiedBy = 'Microsoft 365 Defender-AlertCorrelation'
    touch(life.merged.at)
  }
  return incident
}

function setAlert(alert: Alert, at: Ticks, fields: Partial<Alert>): void {
  // An alert that joined later is not touched by what was done before it.
  if (at < alert.created) return
  Object.assign(alert, fields)
  if (at > alert.lastUpdate) alert.lastUpdate = at
}

function priorityScore(story: StoryIncident): number {
  return severityOrder.indexOf(story.severity) * 25 + (story.id % 25)
}
