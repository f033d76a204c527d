import type { Freshness } from '../incidents/freshness.ts'
import { findResponseTimes, type ResponseTimes } from '../incidents/statistics/statistics-store.ts'
import { chooseSurfaces } from '../microsoft/roles/capabilities.ts'
import { type RoleKey, splitRole, surfaceLabels } from '../microsoft/roles/roles.ts'
import type { Database } from '../platform/database/index.ts'
import type { Actor } from '../tenants/actor.ts'
import { type ConnectionSummary, connectionSummary } from '../tenants/connection-summary.ts'
import { requireAct } from '../tenants/permissions.ts'
import type { TenantRecord } from '../tenants/store.ts'
import type { Tenants } from '../tenants/tenants.ts'
import { type Month, monthBefore } from './month.ts'
import {
  type ActionLine,
  type Classified,
  countHunts,
  countOpenAtEnd,
  countTriage,
  type FindingLine,
  findActions,
  findClassified,
  findConnectionEvents,
  findNotable,
  findScheduleFindings,
  findSeverityLines,
  type HuntCounts,
  type NotableIncident,
  type SeverityLine,
  type TriageCounts,
} from './store.ts'

/** Rows of each list; a report is read, not searched. */
const most = { notable: 15, actions: 30, findings: 20, events: 40 }

/** What was done for one customer in one month. */
export type Report = {
  tenant: TenantRecord
  month: Month
  /** The month is not over: the figures are of a part of it. */
  isUnderWay: boolean
  severities: SeverityLine[]
  total: { created: number; before: number; resolved: number; openAtEnd: number }
  classified: Classified[]
  times: { month: ResponseTimes; before: ResponseTimes }
  /** The most severe incidents of the month. */
  notable: NotableIncident[]
  triage: TriageCounts
  actions: ActionLine[]
  hunts: HuntCounts
  /** Days that hunts are kept, when part of the month is longer ago. */
  huntsKeptDays: number | null
  findings: FindingLine[]
  connection: ConnectionSummary
  events: { at: Date; type: string; detail: string | null }[]
  gaps: Gap[]
}

/** What was not covered, and why. `isFailure`: it should have been. */
export type Gap = { what: string; why: string; isFailure: boolean }

export type Reports = { read(actor: Actor, tenantId: string, month: Month): Promise<Report> }

export function createReports({
  db,
  tenants,
  freshness,
  huntsKeptDays,
  now = () => new Date(),
}: {
  db: Database
  tenants: Pick<Tenants, 'get'>
  freshness: Pick<Freshness, 'behind'>
  huntsKeptDays: number
  now?: () => Date
}): Reports {
  return {
    /** @throws AppError `forbidden`, `not_found` for a tenant that the actor may not see */
    async read(actor, tenantId, month) {
      requireAct(actor, 'incident.read')
      const tenant = await tenants.get(actor, tenantId)
      const before = monthBefore(month)
      const [severities, openAtEnd, classified, times, timesBefore, notable, triage] = await Promise.all([
        findSeverityLines(db, tenant.id, month, before),
        countOpenAtEnd(db, tenant.id, month),
        findClassified(db, tenant.id, month),
        findResponseTimes(db, [tenant.id], month.from, month.to),
        findResponseTimes(db, [tenant.id], before.from, before.to),
        findNotable(db, tenant.id, month, most.notable),
        countTriage(db, tenant.id, month),
      ])
      const [actions, hunts, findings, events, [behind]] = await Promise.all([
        findActions(db, tenant.id, month, most.actions),
        countHunts(db, tenant.id, month),
        findScheduleFindings(db, tenant.id, month, most.findings),
        findConnectionEvents(db, tenant.id, month, most.events),
        freshness.behind(actor, { tenants: [tenant.id] }, 1),
      ])
      const at = now()
      const isCutShort = month.from.getTime() < at.getTime() - huntsKeptDays * 86_400_000
      return {
        tenant,
        month,
        isUnderWay: at < month.to,
        severities,
        total: { ...sumOf(severities), openAtEnd },
        classified,
        times: { month: times, before: timesBefore },
        notable,
        triage,
        actions,
        hunts,
        huntsKeptDays: isCutShort ? huntsKeptDays : null,
        findings,
        connection: connectionSummary(tenant),
        events,
        gaps: gapsOf(tenant, behind?.error.message ?? null),
      }
    },
  }
}

function sumOf(lines: readonly SeverityLine[]) {
  const total = { created: 0, before: 0, resolved: 0 }
  for (const { created, before, resolved } of lines) {
    total.created += created
    total.before += before
    total.resolved += resolved
  }
  return total
}

/** As things stand now: what fails, what lacks a permission that is required, what was never agreed. */
function gapsOf(tenant: TenantRecord, behind: string | null): Gap[] {
  const missing = connectionSummary(tenant).disabled.map(({ key, disables }) => ({
    what: disables,
    why: `The permission ${splitRole(key).role} (${surfaceLabels[splitRole(key).surface]}) is not granted.`,
    isFailure: true,
  }))
  const notAgreed = chooseSurfaces(tenant.rolesGranted)
    .filter(({ surface, needs }) => surface === null && !needs.some(key => isMissing(tenant, key)))
    .map(({ label, needs: [first] }) => ({
      what: label,
      why: first ? `Not agreed: it needs the permission ${splitRole(first).role}.` : 'Not agreed.',
      isFailure: false,
    }))
  const late = behind === null ? [] : [{ what: 'Incidents up to this minute', why: behind, isFailure: true }]
  return [...late, ...missing, ...notAgreed]
}

function isMissing({ rolesMissing }: TenantRecord, key: RoleKey): boolean {
  return rolesMissing.includes(key)
}
