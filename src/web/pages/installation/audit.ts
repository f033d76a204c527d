import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import type { Audit } from '../../../audit/audit.ts'
import { auditExportFormats, exportAudit } from '../../../audit/export.ts'
import type { BrokenReason } from '../../../audit/verification/broken.ts'
import type { AuditChecks, CheckState } from '../../../audit/verification/checks.ts'
import { restoreReasons } from '../../../audit/verification/restores.ts'
import { textField } from '../../../hunting/results/export/csv.ts'
import type { Database } from '../../../platform/database/index.ts'
import { type Actor, isLimited } from '../../../tenants/actor.ts'
import { may } from '../../../tenants/permissions.ts'
import { toAuditFilters } from '../../audit-filters.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'

const word = z.string().trim().max(200).optional().catch(undefined)
const day = z.iso.date().optional().catch(undefined)
const filters = z.object({
  search: word,
  actor: word,
  action: word,
  result: z.enum(['ok', 'refused', 'failed']).optional().catch(undefined),
  tenant: z.guid().optional().catch(undefined),
  since: day,
  until: day,
})
const listing = filters.extend({ cursor: z.string().max(40).optional() })
const exporting = filters.extend({ format: z.enum(['ndjson', 'csv']).catch('csv') })

const acknowledgement = z.object({ reason: z.string().trim().min(1).max(500) })

type Asked = { Querystring: Record<string, string> }
type AuditPageOptions = { audit: Audit; auditChecks: AuditChecks; db: Database }

/** The record of who did what, for people; the JSON API has the same. */
export async function auditRoutes(
  app: FastifyInstance,
  { audit, auditChecks, db }: AuditPageOptions,
): Promise<void> {
  app.get<Asked>('/audit', { config: { act: 'audit.read' } }, async (request, reply) => {
    const actor = requireActor(request)
    const { cursor, ...asked } = readInput(listing, request.query)
    const wanted = toAuditFilters({ ...asked, ...daysOf(asked) })
    const { items, nextCursor } = await audit.list(actor, wanted, { limit: 50, cursor: cursor ?? null })

    const address = new URLSearchParams(request.query)
    address.delete('cursor')
    const first = address.size > 0 ? `/audit?${address}` : '/audit'
    const next = new URLSearchParams(address)
    if (nextCursor) next.set('cursor', nextCursor)
    return await reply.page(
      '/audit/index',
      { title: 'Audit', section: 'audit' },
      {
        events: items.map(event => ({
          ...event,
          // The kind of actor, and from which address.
          origin: [event.actor.kind, event.address].filter(Boolean).join(' · '),
          detail: readable(event.detail),
        })),
        filters: asked,
        isFiltered: Object.keys(wanted).length > 0,
        nextHref: nextCursor ? `/audit?${next}` : null,
        firstHref: cursor ? first : null,
        exports: Object.keys(auditExportFormats).map(format => {
          const query = new URLSearchParams(address)
          query.set('format', format)
          return { label: format.toUpperCase(), href: `/audit/export?${query}` }
        }),
        check: checkView(await auditChecks.last(), actor),
      },
    )
  })

  app.get<Asked>('/audit/export', { config: { act: 'audit.read' } }, async (request, reply) => {
    const { format, ...asked } = readInput(exporting, request.query)
    const actor = requireActor(request)
    const signal = reply.beginLongAnswer()
    const wanted = toAuditFilters({ ...asked, ...daysOf(asked) })
    const rows = exportAudit({ db, audit, textField }, actor, wanted, format)
    return reply
      .header('content-type', auditExportFormats[format])
      .header('content-disposition', `attachment; filename="audit.${format}"`)
      .send(Readable.from(rows, { objectMode: false, signal }))
  })

  app.post('/audit/verification', { config: { act: 'audit.verify' } }, async (request, reply) => {
    await auditChecks.begin(requireActor(request))
    return reply.redirect('/audit', 303)
  })

  app.get(
    '/audit/verification',
    { config: { act: 'audit.verify' } },
    async (request, reply): Promise<FastifyReply> => {
      const check = checkView(await auditChecks.last(), requireActor(request))
      return await reply.partial('/audit/_verification', { check })
    },
  )

  app.post(
    '/audit/restore-acknowledgements',
    { config: { act: 'audit.acknowledge' } },
    async (request, reply) => {
      const { reason } = readInput(acknowledgement, request.body)
      await auditChecks.acknowledgeRestore(requireActor(request), reason)
      request.session.flash = {
        kind: 'success',
        text: 'The restore is acknowledged, and the audit verified anew.',
      }
      return reply.redirect('/audit', 303)
    },
  )
}

/** Both days are whole ones, by UTC. */
function daysOf({ since, until }: { since?: string | undefined; until?: string | undefined }) {
  const end = until && new Date(Date.parse(until) + 24 * 3600_000).toISOString()
  return { since: since && `${since}T00:00:00.000Z`, until: end || undefined }
}

/** What each finding means, after "Event 7". */
const reasons: Record<BrokenReason, string> = {
  altered: 'is not as it was written: somebody changed it, or wrote it without the key',
  removed: 'is missing while later ones are there',
  cut_off: 'and all after it are missing, although the end of the chain counts them',
  emptied: 'and all others are missing: heads outside the database count them',
  rolled_back:
    'and later ones are missing although heads outside the database count them: an older state was restored',
  rewritten: 'is another one than when its head was written outside the database',
  head_missing: 'is followed by no end of the chain: it was removed',
  head_forged: 'is followed by an end of the chain that this installation did not write',
  head_outdated: 'comes after the end of the chain: an older one was put back',
  anchor_forged: 'has a head in the file of anchors that this installation did not write',
  archive_missing: 'was moved to an archive that is not in the data folder',
  archive_altered: 'was moved to an archive that is not as it was written',
}

function checkView(state: CheckState | null, actor: Actor) {
  if (!state) return null
  const { check, events, total, finishedAt, startedAt, startedBy } = state
  const broken = check?.firstBroken
  return {
    isRunning: finishedAt === null,
    events,
    total: Math.max(total, events),
    at: finishedAt ?? startedAt,
    by: startedBy,
    isIntact: check?.intact ?? null,
    anchors: check?.anchors ?? 0,
    restores: check?.restores ?? 0,
    /** What a restore may have taken, for who may acknowledge it. */
    lost:
      broken && restoreReasons.includes(broken.reason) && may(actor, 'audit.acknowledge') && !isLimited(actor)
        ? (check?.lost ?? null)
        : null,
    finding: broken ? `Event ${broken.id} ${reasons[broken.reason] ?? broken.reason}.` : null,
  }
}

/** An event's detail as `name: value` lines. */
function readable(detail: unknown): { name: string; value: string }[] {
  if (typeof detail !== 'object' || detail === null) return []
  return Object.entries(detail).map(([name, value]) => ({
    name,
    value:
      typeof value === 'string'
        ? value
        : Array.isArray(value)
          ? value.map(one => (typeof one === 'object' ? JSON.stringify(one) : one)).join(', ') || 'none'
          : JSON.stringify(value),
  }))
}
