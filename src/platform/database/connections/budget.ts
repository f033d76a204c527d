import type pg from 'pg'

/**
 * How one process spends the connections that it may have. LISTEN and the queue
 * keep connections of their own; everything else shares one pool, of which work
 * in the background never takes all.
 */
export type Budget = { all: number; pool: number; jobs: number; listeners: number; background: number }

/** Hunts, incidents, tokens. */
const listeners = 3
/** Of pg-boss. */
const jobs = 3

/** The fewest with which everything still gets on. */
export const fewestConnections = listeners + jobs + 4

export function spend(all: number): Budget {
  const pool = all - listeners - jobs
  return { all, pool, jobs, listeners, background: Math.max(2, Math.ceil(pool / 2)) }
}

/** What the server lets ordinary roles have, and what is taken now. */
export type ServerConnections = { allowed: number; used: number }

/**
 * SQL, since only the server knows: `max_connections` without those kept for
 * superusers and reserved roles, and the sessions of clients at this moment.
 */
export async function countConnections(connection: Pick<pg.Pool, 'query'>): Promise<ServerConnections> {
  const { rows } = await connection.query<ServerConnections>(
    `SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::int AS allowed,
       (SELECT count(*)::int FROM pg_stat_activity WHERE backend_type = 'client backend') AS used`,
  )
  return rows[0] ?? { allowed: 0, used: 0 }
}

/**
 * In one line, when the server cannot carry this process beside what it carries now.
 *
 * @param own connections that this process has already, which `used` counts as well
 * @returns null when it can
 */
export function explainBudget(budget: Budget, server: ServerConnections, own: number): string | null {
  const others = Math.max(0, server.used - own)
  if (others + budget.all <= server.allowed) return null
  return `PostgreSQL allows ${server.allowed} connections and others hold ${others}: this process may need ${budget.all}. Raise max_connections, or lower TENANTRY_DATABASE_CONNECTIONS (${fewestConnections} at least).`
}
