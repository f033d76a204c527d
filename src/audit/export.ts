import type { Database } from '../platform/database/index.ts'
import { canonicalJson, storableJson } from '../platform/storable.ts'
import type { Actor } from '../tenants/actor.ts'
import type { Audit } from './audit.ts'
import { type AuditEventView, toAuditView } from './audit-view.ts'
import { type AuditFilters, findRows } from './store.ts'

export const auditExportFormats = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
} as const

export type AuditExportFormat = keyof typeof auditExportFormats

const batch = 1000

const columns = [
  'id',
  'at',
  'actorKind',
  'actorId',
  'actor',
  'actorRole',
  'address',
  'requestId',
  'action',
  'tenantId',
  'tenantName',
  'target',
  'result',
  'detail',
  'hash',
]

/**
 * Writes what the actor may see of the audit, newest first, in batches; at its
 * end, or where the reader left, an event says how many rows went out.
 *
 * @param textField a text as one field of CSV, neutralised for spreadsheets
 */
export async function* exportAudit(
  { db, audit, textField }: { db: Database; audit: Audit; textField: (text: string) => string },
  actor: Actor,
  filters: AuditFilters,
  format: AuditExportFormat,
): AsyncGenerator<string> {
  let before: bigint | null = null
  let rowCount = 0
  let isComplete = false
  const csvLine = (fields: string[]): string => `${fields.map(textField).join(',')}\r\n`
  try {
    if (format === 'csv') yield csvLine(columns)
    for (;;) {
      const rows = await findRows(db, actor, filters, before, batch)
      const events = rows.map(toAuditView)
      if (events.length > 0) {
        rowCount += events.length
        yield events
          .map(event => (format === 'csv' ? csvLine(fieldsOf(event)) : `${JSON.stringify(event)}\n`))
          .join('')
      }
      before = rows.at(-1)?.id ?? null
      if (rows.length < batch) break
    }
    isComplete = true
  } finally {
    const detail = { format, rowCount, isComplete, filters: storableJson(filters) }
    await audit.record({ actor, action: 'audit.exported', detail })
  }
}

function fieldsOf({ actor, detail, ...event }: AuditEventView): string[] {
  const fields = {
    ...event,
    actorKind: actor.kind,
    actorId: actor.id,
    actor: actor.label,
    actorRole: actor.role,
    detail: canonicalJson(detail),
  }
  return columns.map(column => fields[column as keyof typeof fields] ?? '')
}
