import type { Database } from '../platform/database/index.ts'

/** What the role of this session can do to the audit's table. */
export type AuditRights = {
  role: string
  isSuperuser: boolean
  ownsTable: boolean
  ownsSchema: boolean
  mayWrite: boolean
  hasTriggers: boolean
}

/** SQL, because rights are in PostgreSQL's own catalogue. */
export async function readRights(db: Database): Promise<AuditRights> {
  const [rights] = await db.$queryRaw<AuditRights[]>`
    SELECT current_user::text AS role,
      (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS "isSuperuser",
      pg_has_role(c.relowner, 'MEMBER') AS "ownsTable",
      pg_has_role(n.nspowner, 'MEMBER') AS "ownsSchema",
      has_table_privilege(c.oid, 'INSERT') OR has_table_privilege(c.oid, 'UPDATE')
        OR has_table_privilege(c.oid, 'DELETE') OR has_table_privilege(c.oid, 'TRUNCATE') AS "mayWrite",
      (SELECT count(*) = 2 FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgenabled IN ('O', 'A')
        AND t.tgname IN ('AuditEvent_refuse_change', 'AuditEvent_refuse_truncate')) AS "hasTriggers"
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass('"AuditEvent"')`
  if (!rights) throw new Error('the table AuditEvent is missing')
  return rights
}
