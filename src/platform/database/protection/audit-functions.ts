import { createHash } from 'node:crypto'

/** Owns what the audit is kept in; nobody signs in as it. */
export const auditRole = 'tenantry_audit'

/** Tables of the audit: the application reads them and writes through functions alone. */
export const auditTables = ['AuditEvent', 'AuditHead', 'AuditSegment']

/** Functions of the audit, with the types of their arguments. */
export const auditFunctions = [
  'tenantry_audit_begin()',
  'tenantry_audit_append(jsonb, text)',
  'tenantry_audit_archive(jsonb)',
  'tenantry_audit_refuse()',
]

/** Events younger than this are removed by nobody, whatever the settings say. */
export const youngestArchivedDays = 30

/**
 * What appends to the audit, removes what was archived, and refuses everything
 * else. SECURITY DEFINER: it works with the rights of the role that owns the
 * tables, for a caller that has none.
 *
 * Not in a migration, since Prisma's adapter splits these at each semicolon.
 */
export const auditFunctionsSql = `
CREATE OR REPLACE FUNCTION tenantry_audit_begin()
RETURNS TABLE (head_id bigint, head_hash text, head_seal text, last_id bigint, last_hash text)
LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  -- Writers queue here until the transaction ends, so that ids and hashes follow one another without a gap.
  PERFORM pg_advisory_xact_lock(hashtext('tenantry.audit'));
  RETURN QUERY
    SELECT h."eventId", h.hash, h.seal, l.id, l.hash
    FROM (SELECT 1) one
    LEFT JOIN "AuditHead" h ON true
    LEFT JOIN LATERAL (SELECT e.id, e.hash FROM "AuditEvent" e ORDER BY e.id DESC LIMIT 1) l ON true;
END $$;

CREATE OR REPLACE FUNCTION tenantry_audit_append(event jsonb, seal text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  added "AuditEvent";
  head "AuditHead";
BEGIN
  added := jsonb_populate_record(NULL::"AuditEvent", event);
  SELECT * INTO head FROM "AuditHead";
  IF added.id <= head."eventId" THEN
    RAISE EXCEPTION 'the audit goes on after event %, not with event %', head."eventId", added.id;
  END IF;
  INSERT INTO "AuditEvent" SELECT added.*;
  INSERT INTO "AuditHead" AS h (single, "eventId", hash, seal) VALUES (true, added.id, added.hash, tenantry_audit_append.seal)
  ON CONFLICT (single) DO UPDATE SET "eventId" = excluded."eventId", hash = excluded.hash, seal = excluded.seal;
END $$;

CREATE OR REPLACE FUNCTION tenantry_audit_archive(segment jsonb) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  added "AuditSegment";
  removed bigint;
BEGIN
  added := jsonb_populate_record(NULL::"AuditSegment", segment);
  IF EXISTS (SELECT FROM "AuditEvent" WHERE id <= added."lastId" AND at > now() - interval '${youngestArchivedDays} days') THEN
    RAISE EXCEPTION 'audit events of the last ${youngestArchivedDays} days are not removed';
  END IF;
  IF NOT EXISTS (SELECT FROM "AuditEvent" WHERE id > added."lastId")
    OR added."firstId" IS DISTINCT FROM (SELECT min(id) FROM "AuditEvent") THEN
    RAISE EXCEPTION 'an archive takes the oldest audit events, and never the last';
  END IF;
  INSERT INTO "AuditSegment" SELECT added.*;
  PERFORM set_config('tenantry.audit_archiving', 'on', true);
  DELETE FROM "AuditEvent" WHERE id BETWEEN added."firstId" AND added."lastId";
  GET DIAGNOSTICS removed = ROW_COUNT;
  PERFORM set_config('tenantry.audit_archiving', 'off', true);
  RETURN removed;
END $$;

CREATE OR REPLACE FUNCTION tenantry_audit_refuse() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('tenantry.audit_archiving', true) = 'on'
    AND current_user = (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = TG_RELID) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'audit events are neither changed nor removed' USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE OR REPLACE TRIGGER "AuditEvent_refuse_change" BEFORE UPDATE OR DELETE ON "AuditEvent"
FOR EACH ROW EXECUTE FUNCTION tenantry_audit_refuse();

CREATE OR REPLACE TRIGGER "AuditEvent_refuse_truncate" BEFORE TRUNCATE ON "AuditEvent"
FOR EACH STATEMENT EXECUTE FUNCTION tenantry_audit_refuse();
`

/** Changes whenever the functions do; kept as the comment of one of them. */
export const auditFunctionsVersion = createHash('sha256').update(auditFunctionsSql).digest('hex').slice(0, 16)
