import type { z } from 'zod'
import type { CallSurface, SurfaceCall } from '../call.ts'
import { type Position, readCursor, writeCursor } from '../cursor.ts'
import { filterOf, type IncidentFilter, type IncidentSurface, sweepDeadlineMs } from '../incident-surface.ts'
import { pascalCase } from '../members.ts'
import type { Incident, IncidentChange } from '../model.ts'
import { withOptions } from '../odata.ts'
import { collect } from '../time-pages.ts'
import { listOf, readDocument } from '../wire.ts'
import { readXdrIncident, xdrIncident } from './read-incident.ts'

const path = '/api/incidents'
/** More is refused with 400. */
const largestTop = 100
const fields = { status: 'status', assignedTo: 'assignedTo', updated: 'lastUpdateTime' }

type CountPosition = Extract<Position, { by: 'count' }>

/**
 * Incidents on Defender XDR, alerts always embedded. Whether the list can be
 * ordered is not documented; it comes newest first, so it is paged by count.
 *
 * @param portalOrigin where web links lead
 * @see Defender XDR, "List incidents API", "Get incident API", "Update incidents API"
 */
export function xdrIncidents(call: CallSurface, portalOrigin: string): IncidentSurface {
  const base = { surface: 'defender', quota: 'defender-incidents' } as const

  async function fetch(tenantId: string, path: SurfaceCall['path'], deadlineMs?: number) {
    const answer = await call({
      ...base,
      tenantId,
      path,
      ...(deadlineMs === undefined ? {} : { deadlineMs }),
    })
    return readDocument(answer, 'defender', listOf(xdrIncident), 'a list of incidents')
  }

  /** An element of a list: like Graph's, without its alerts. */
  function listed(wire: z.output<typeof xdrIncident>, tenantId: string): Incident {
    return { ...readXdrIncident(wire, tenantId, portalOrigin), alerts: null }
  }

  async function page(
    tenantId: string,
    filter: IncidentFilter,
    position: CountPosition | null,
    limit: number,
  ): Promise<{ items: Incident[]; next: CountPosition | null }> {
    const skip = position?.skip ?? 0
    const top = Math.min(largestTop, filter.severity === undefined ? limit : largestTop)
    const { value, nextLink } = await fetch(
      tenantId,
      withOptions(path, { filter: filterOf(filter, fields, pascalCase), top, skip }),
    )
    const items: Incident[] = []
    let used = 0
    for (const wire of value) {
      if (items.length >= limit) break
      used += 1
      const incident = listed(wire, tenantId)
      // This API cannot filter by severity.
      if (filter.severity === undefined || incident.severity === filter.severity) items.push(incident)
    }
    const isEnd = used === value.length && nextLink === null && value.length < top
    return {
      items,
      next: isEnd || used === 0 ? null : { by: 'count', surface: 'defender', skip: skip + used },
    }
  }

  async function get(tenantId: string, incidentId: string): Promise<Incident> {
    const answer = await call({ ...base, tenantId, path: `${path}/${incidentId}` })
    return readXdrIncident(
      readDocument(answer, 'defender', xdrIncident, 'an incident'),
      tenantId,
      portalOrigin,
    )
  }

  return {
    async list(tenantId, filter, limit, cursor) {
      const start = readCursor(cursor, { by: 'count', surface: 'defender' })
      const { items, next } = await collect<Incident, CountPosition>(limit, start, (position, left) =>
        page(tenantId, filter, position, left),
      )
      return { items, nextCursor: next && writeCursor(next), surface: 'defender' }
    },

    /** An incident that is updated meanwhile moves to the front and may come twice or not at all: then the next sweep has it. */
    async *sweep(tenantId, since) {
      const given = new Set<string>()
      let skip = 0
      let next: SurfaceCall['path'] | null = withOptions(path, {
        filter: filterOf({ updatedSince: since }, fields),
        top: largestTop,
      })
      while (next) {
        const { value, nextLink }: Awaited<ReturnType<typeof fetch>> = await fetch(
          tenantId,
          next,
          sweepDeadlineMs,
        )
        const fresh = value.map(wire => listed(wire, tenantId)).filter(({ id }) => !given.has(id))
        for (const { id } of fresh) given.add(id)
        if (fresh.length > 0) yield fresh

        skip += value.length
        if (value.length === 0) return
        if (nextLink !== null) next = { link: nextLink }
        else if (value.length < largestTop) return
        else
          next = withOptions(path, {
            filter: filterOf({ updatedSince: since }, fields),
            top: largestTop,
            skip,
          })
      }
    },

    get,

    async update(tenantId, incidentId, change) {
      const answer = await call({
        ...base,
        tenantId,
        method: 'PATCH',
        path: `${path}/${incidentId}`,
        body: patchOf(change),
      })
      const wire = readDocument(answer, 'defender', xdrIncident, 'an incident')
      return readXdrIncident(wire, tenantId, portalOrigin)
    },
  }
}

/** Where this API's spelling is more than the same name with a capital. */
const determinationNames: Record<string, string> = {
  unknown: 'NotAvailable',
  notMalicious: 'Clean',
  notEnoughDataToValidate: 'NoEnoughDataToValidate',
}

function patchOf(change: IncidentChange): Record<string, unknown> {
  const { status, classification, determination, assignedTo, tags, comment } = change
  const body: Record<string, unknown> = {}
  if (status !== undefined) body.status = pascalCase(status)
  if (assignedTo !== undefined) body.assignedTo = assignedTo
  if (classification !== undefined) body.classification = pascalCase(classification)
  if (determination !== undefined)
    body.determination = determinationNames[determination] ?? pascalCase(determination)
  if (tags !== undefined) body.tags = tags
  if (comment !== undefined) body.comment = comment
  return body
}
