import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Audit } from '../../audit/audit.ts'
import { auditExportFormats, exportAudit } from '../../audit/export.ts'
import type { AuditChecks } from '../../audit/verification/checks.ts'
import { textField } from '../../hunting/results/export/csv.ts'
import type { Database } from '../../platform/database/index.ts'
import { toAuditFilters } from '../audit-filters.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { listOf, listQuery, refusals, time } from './schemas.ts'

const event = z.object({
  id: z.string(),
  at: time,
  actor: z.object({
    kind: z.string(),
    id: z.string(),
    label: z.string(),
    role: z.string().nullable().describe('Role at that moment'),
  }),
  action: z.string(),
  tenantId: z.string().nullable(),
  tenantName: z.string().nullable(),
  target: z.string().nullable(),
  result: z.string(),
  address: z
    .string()
    .nullable()
    .describe('IP address of the client; `command line`, or `Tenantry` for what it did by itself'),
  requestId: z.string().nullable().describe('Reference of the request in the log'),
  detail: z.unknown(),
  hash: z.string().describe('Covers this event and the hash of the one before'),
})

const filters = z.object({
  actor: z.string().max(200).optional().describe('Object id, key id or name'),
  action: z.string().max(100).optional().describe('Such as `tenant.connected`'),
  tenant: z.guid().optional(),
  result: z.enum(['ok', 'refused', 'failed']).optional(),
  since: time.optional().describe('At this time or later'),
  until: time.optional().describe('Before this time'),
  search: z.string().max(200).optional().describe('Beginnings of words of who, what, where and address'),
})

const check = z.object({
  intact: z.boolean(),
  events: z.number().int().describe('Events that hold, up to the first that does not'),
  firstBroken: z.object({ id: z.string(), reason: z.string() }).nullable(),
  anchors: z.number().int().describe('Heads outside the database that were compared'),
  archived: z.number().int().describe('Events of them that are in archives'),
  restores: z.number().int().describe('Restores that administrators acknowledged'),
  lost: z
    .object({ from: z.string(), until: z.string() })
    .nullable()
    .describe('Events that heads outside the database count and that are gone, or are others now'),
})

const restoreReason = z.string().trim().min(1).max(500).describe('Why, for whoever reads the audit')

const tags = ['Audit']

/** Who did what, when, from where, to which tenant, with which result; and whether all of it is still there. */
export async function auditApi(
  app: FastifyInstance,
  { audit, auditChecks, db }: { audit: Audit; auditChecks: AuditChecks; db: Database },
): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()

  api.get(
    '/audit',
    {
      config: { act: 'audit.read' },
      schema: {
        tags,
        summary: 'List audit events, newest first',
        querystring: listQuery.extend(filters.shape),
        response: { 200: listOf(event), ...refusals },
      },
    },
    async request => {
      const { limit, cursor, ...wanted } = request.query
      const page = { limit, cursor: cursor ?? null }
      return await audit.list(requireActor(request), toAuditFilters(wanted), page)
    },
  )

  api.get(
    '/audit/export',
    {
      config: { act: 'audit.read' },
      schema: {
        tags,
        summary: 'Stream audit events, newest first',
        querystring: filters.extend({ format: z.enum(['ndjson', 'csv']).default('ndjson') }),
        response: { 200: z.unknown(), ...refusals },
      },
    },
    async (request, reply) => {
      const { format, ...wanted } = request.query
      const actor = requireActor(request)
      const signal = reply.beginLongAnswer()
      const rows = exportAudit({ db, audit, textField }, actor, toAuditFilters(wanted), format)
      return reply
        .header('content-type', auditExportFormats[format])
        .header('content-disposition', `attachment; filename="audit.${format}"`)
        .send(Readable.from(rows, { objectMode: false, signal }))
    },
  )

  api.post(
    '/audit/verification',
    {
      config: { act: 'audit.verify' },
      schema: {
        tags,
        summary: 'Check that no event was changed or removed',
        description:
          'Reads the whole chain, archives and the heads that were written outside the database. `reason` is one of `altered`, `removed`, `cut_off`, `emptied`, `rolled_back`, `rewritten`, `head_missing`, `head_forged`, `head_outdated`, `anchor_forged`, `archive_missing`, `archive_altered`.',
        response: { 200: check, ...refusals },
      },
    },
    async request => await auditChecks.run(requireActor(request)),
  )

  api.post(
    '/audit/restore-acknowledgements',
    {
      config: { act: 'audit.acknowledge' },
      schema: {
        tags,
        summary: 'Say that an older state of the database was put back on purpose',
        description:
          'For administrators who see every tenant. Recorded in the audit as `audit.restore-acknowledged`; what heads outside the database know of the events that are gone is not held against the chain from then on. Answers with a new verification, and with 409 when a restore does not explain what was found.',
        body: z.object({ reason: restoreReason }),
        response: { 200: check, ...refusals },
      },
    },
    async request => await auditChecks.acknowledgeRestore(requireActor(request), request.body.reason),
  )
}
