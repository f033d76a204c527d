import { createHash } from 'node:crypto'
import type { z } from 'zod'
import type { Surface } from '../../clouds/clouds.ts'
import type { Alert, Incident } from '../model.ts'

/** An incident for the store: as read, and as it came. */
export type SyncedIncident = {
  incident: Incident
  /** Its update with all seven digits, so that texts compare like times. */
  updatedExact: string
  /** Who changed it last; null where the surface does not tell. */
  modifiedBy: string | null
  /** As it came, without alerts. */
  raw: unknown
  /** Null where the answer does not hold them. */
  alerts: { alert: Alert; raw: unknown }[] | null
  /** Some of the alerts could not be read to their end. */
  isIncomplete: boolean
}

/** Which part of a tenant's incidents is asked for. Times as `exactTimeOf` writes them; both ends are included. */
export type IncidentSpan = {
  from: string
  /** Null: up to now. */
  until: string | null
  /** By last update. Defender XDR promises no order. */
  order: 'oldest-first' | 'newest-first'
  /** Elements to pass over: those of earlier answers that this one would repeat. */
  skip: number
}

/** One answer to a span. */
export type SyncPage = {
  surface: Surface
  incidents: SyncedIncident[]
  /** Elements that are no incident as published, or of another tenant. They are left out, so that one of them does not hold up all. */
  unreadable: number
  /** Elements in the answer, unreadable ones included. */
  count: number
  /** Update of the last element that has one. */
  lastExact: string | null
  hasMore: boolean
  /** Of all elements: the same digest says that nothing changed. */
  digest: string
}

/** How a call is bounded, and whether somebody waits for it. */
export type SyncCallOptions = {
  signal?: AbortSignal
  quotaWaitMs?: number
  deadlineMs?: number
  /** Default true: a part of the rate is left to others. */
  isBackground?: boolean
}

/** Incidents on one surface, for a store that is kept in step. */
export type SyncSurface = {
  page(tenantId: string, span: IncidentSpan, options: SyncCallOptions): Promise<SyncPage>
  one(
    tenantId: string,
    incidentId: string,
    withAlerts: boolean,
    options: SyncCallOptions,
  ): Promise<SyncedIncident | null>
}

/** A time of the wire with seven digits of a second: `2026-08-20T07:45:45.1Z` is `2026-08-20T07:45:45.1000000Z`. */
export function exactTimeOf(wireTime: string): string {
  const [seconds = '', fraction = ''] = wireTime.replace(/Z$/, '').split('.')
  return `${seconds}.${fraction.padEnd(7, '0').slice(0, 7)}Z`
}

export function digestOf(elements: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(elements)).digest('base64url')
}

/** An element read through its schema, with the element itself; null when it does not fit. */
export function readElement<T extends z.ZodType>(schema: T, raw: unknown): z.output<T> | null {
  const read = schema.safeParse(raw)
  return read.success ? read.data : null
}

/** An element without its alerts and the annotations of the protocol. */
export function ownMembers(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null) return raw
  return Object.fromEntries(
    Object.entries(raw).filter(([name]) => name !== 'alerts' && !name.includes('@odata.')),
  )
}

/** The alerts of an element, as they came. */
export function alertsIn(raw: unknown): unknown[] {
  const alerts = typeof raw === 'object' && raw !== null && 'alerts' in raw ? raw.alerts : null
  return Array.isArray(alerts) ? alerts : []
}
