import pg from 'pg'
import { connect, nameInDatabase, schemaOf } from '../connections/connections.ts'
import { refuse } from '../connections/refusals.ts'
import {
  auditFunctions,
  auditFunctionsSql,
  auditFunctionsVersion,
  auditRole,
  auditTables,
} from './audit-functions.ts'

type State = {
  version: string | null
  /** Whether the connecting role may alter the audit's tables. */
  ownsAudit: boolean
  isSuperuser: boolean
  /** Whether the audit's table refuses changes: a restored one comes without. */
  hasTriggers: boolean
  /** Tables that the application's role cannot read: made by a migration since. */
  newTables: number
}

/**
 * Makes the audit's functions and triggers, and gives the application's role
 * what it needs and no more: it reads the audit, appends through a function,
 * and owns none of the tables. Asks one query when all of that stands.
 *
 * @param connectionString of the role that migrates
 * @param applicationRole null when the application works with the same role, which then owns the tables:
 *   the triggers still refuse, but a role can remove its own triggers
 * @throws AppError `settings` when the migrating role may not grant what is needed
 */
export async function protectAudit(connectionString: string, applicationRole: string | null): Promise<void> {
  const client = await connect(connectionString, { name: 'protection', onError: () => {} })
  try {
    const version = `${auditFunctionsVersion} ${applicationRole ?? 'none'}`
    if (isProtected(await readState(client, applicationRole), version)) return
    await client.query('BEGIN')
    // One process at a time, also where several installations share a server's roles.
    await client.query("SELECT pg_advisory_xact_lock(hashtext('tenantry.protection'))")
    const state = await readState(client, applicationRole)
    if (isProtected(state, version)) return
    await client.query(auditFunctionsSql)
    const schema = pg.escapeIdentifier(schemaOf(connectionString))
    for (const fn of auditFunctions) {
      // pg_temp last: a temporary table of the caller's must not stand in for one of ours.
      await client.query(`ALTER FUNCTION ${fn} SET search_path = ${schema}, pg_temp`)
    }
    if (applicationRole) {
      await handOver(client, schema, state)
      await grant(client, connectionString, applicationRole)
    }
    await client.query(
      `COMMENT ON FUNCTION tenantry_audit_append(jsonb, text) IS ${pg.escapeLiteral(version)}`,
    )
    await client.query('COMMIT')
  } catch (error) {
    if (!applicationRole || !isRefused(error)) throw error
    throw refuse(
      `the role of TENANTRY_MIGRATION_DATABASE_URL may not give "${applicationRole}" what it needs: ${error.message}`,
      `As an administrator of the server run GRANT ${pg.escapeIdentifier(applicationRole)} and ${auditRole} to that role, and GRANT CREATE ON DATABASE … WITH GRANT OPTION; README says which statements make the roles.`,
      error,
    )
  } finally {
    await client.end()
  }
}

/** A role that owns nothing of the audit has nothing to protect here: another one did, or will. */
function isProtected(state: State, version: string): boolean {
  return !state.ownsAudit || (state.version === version && state.hasTriggers && state.newTables === 0)
}

function isRefused(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === '42501'
}

async function readState(client: pg.Client, applicationRole: string | null): Promise<State> {
  const { rows } = await client.query<State>(
    `SELECT obj_description(to_regprocedure('tenantry_audit_append(jsonb, text)'), 'pg_proc') AS version,
       pg_has_role(c.relowner, 'MEMBER') AS "ownsAudit",
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS "isSuperuser",
       EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal) AS "hasTriggers",
       (SELECT count(*)::int FROM pg_class t WHERE t.relnamespace = c.relnamespace AND t.relkind IN ('r', 'p')
          AND $1::text IS NOT NULL AND NOT has_table_privilege($1, t.oid, 'SELECT')) AS "newTables"
     FROM pg_class c WHERE c.oid = to_regclass('"AuditEvent"')`,
    [applicationRole],
  )
  const state = rows[0]
  if (!state) throw new Error('the table AuditEvent is missing after the migrations')
  return state
}

/** Gives tables and functions to a role that nobody signs in as, where it exists or can be made. */
async function handOver(client: pg.Client, schema: string, { isSuperuser }: State): Promise<void> {
  await client.query(`
    DO $$ BEGIN
      IF to_regrole('${auditRole}') IS NULL THEN CREATE ROLE ${auditRole} NOLOGIN; END IF;
    EXCEPTION WHEN insufficient_privilege THEN NULL;
    END $$`)
  const { rows } = await client.query<{ isMember: boolean | null }>(
    `SELECT pg_has_role(to_regrole('${auditRole}'), 'MEMBER') AS "isMember"`,
  )
  const isMember = rows[0]?.isMember ?? null
  // Without that role they stay the migrating role's, which the application's is not either.
  if (isMember === null) return
  if (!isSuperuser && !isMember) await client.query(`GRANT ${auditRole} TO CURRENT_USER`)
  await client.query(`GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${auditRole}`)
  for (const table of auditTables) await client.query(`ALTER TABLE "${table}" OWNER TO ${auditRole}`)
  for (const fn of auditFunctions) await client.query(`ALTER FUNCTION ${fn} OWNER TO ${auditRole}`)
  await client.query(`REVOKE CREATE ON SCHEMA ${schema} FROM ${auditRole}`)
}

async function grant(client: pg.Client, connectionString: string, applicationRole: string): Promise<void> {
  const role = pg.escapeIdentifier(applicationRole)
  const schema = pg.escapeIdentifier(schemaOf(connectionString))
  const { rows } = await client.query<{ name: string }>('SELECT current_database() AS name')
  const database = pg.escapeIdentifier(rows[0]?.name ?? '')
  const audit = auditTables.map(table => `"${table}"`).join(', ')
  const functions = auditFunctions.join(', ')
  await client.query(`
    GRANT USAGE ON SCHEMA ${schema} TO ${role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA ${schema} TO ${role};
    GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA ${schema} TO ${role};
    REVOKE INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON ${audit}, _prisma_migrations FROM ${role}, PUBLIC;
    REVOKE EXECUTE ON FUNCTION ${functions} FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION ${functions} TO ${role};
    GRANT CREATE ON DATABASE ${database} TO ${role};
  `)
  await handOverQueue(client, nameInDatabase(connectionString, 'pgboss'), role)
}

/** The queue makes and changes its own tables, so they belong to the application's role, older ones too. */
async function handOverQueue(client: pg.Client, queue: string, role: string): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(
    `SELECT format('ALTER %s %s OWNER TO ', kind, name) AS statement FROM (
       SELECT 0 AS rank, 'SCHEMA' AS kind, quote_ident(nspname) AS name, nspowner AS owner, oid AS schema FROM pg_namespace
       UNION ALL SELECT 1, CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END, oid::regclass::text, relowner, relnamespace
         FROM pg_class WHERE relkind IN ('r', 'p', 'v')
       UNION ALL SELECT 2, 'ROUTINE', oid::regprocedure::text, proowner, pronamespace FROM pg_proc
       UNION ALL SELECT 3, 'TYPE', oid::regtype::text, typowner, typnamespace FROM pg_type WHERE typtype = 'e'
     ) o WHERE schema = (SELECT oid FROM pg_namespace WHERE nspname = $1) AND owner <> $2::regrole ORDER BY rank`,
    [queue, role],
  )
  for (const { statement } of rows) await client.query(statement + role)
}
