import type { Failure } from '../../errors.ts'
import { Prisma } from '../../generated/prisma/client.ts'
import type { Connection, TenantChange } from '../store.ts'

/** A call that succeeded. */
export type SurfaceSuccess = { tenantId: string; surface: string; at: Date }

export function writeSurfaceSuccess(
  db: Connection,
  tenantId: string,
  surface: string,
  at: Date,
): Promise<void> {
  return writeSurfaceSuccesses(db, [{ tenantId, surface, at }])
}

/**
 * Calls succeeded, at most one per tenant. The tenant's error goes when this
 * surface had caused it, unless it is about missing roles, which only a check
 * of the token can clear, or came later.
 *
 * SQL, because many are written at once, a row may be gone (offboarded
 * meanwhile), and the error is compared and cleared in one step.
 */
export async function writeSurfaceSuccesses(db: Connection, successes: SurfaceSuccess[]): Promise<void> {
  // In one order everywhere: two such statements wait for one another, never for each other.
  const sorted = successes.toSorted((a, b) => (a.tenantId < b.tenantId ? -1 : 1))
  const ids = sorted.map(({ tenantId }) => tenantId)
  const surfaces = sorted.map(({ surface }) => surface)
  const times = sorted.map(({ at }) => at.toISOString())
  await db.$executeRaw`
    WITH told AS (
      SELECT * FROM unnest(${ids}::uuid[], ${surfaces}::text[], ${times}::timestamptz[]) AS o(tenant, surface, at)
    ), written AS (
      INSERT INTO "TenantSurface" ("tenantId", surface, status, "lastSuccessAt")
      SELECT t.id, o.surface, 'working', o.at FROM told o JOIN "Tenant" t ON t.id = o.tenant ORDER BY 1
      ON CONFLICT ("tenantId", surface) DO UPDATE
        SET status = 'working', "lastSuccessAt" = excluded."lastSuccessAt", "lastError" = NULL, "lastErrorAt" = NULL
        WHERE coalesce("TenantSurface"."lastErrorAt" <= excluded."lastSuccessAt", TRUE)
    )
    UPDATE "Tenant" t SET "lastSuccessAt" = o.at,
      "lastError" = CASE WHEN t."lastError"->>'service' = o.surface AND t."lastError"->>'code' <> 'role_missing'
        AND NOT coalesce((t."lastError"->>'permanent')::boolean, false)
        AND coalesce(t."lastErrorAt" <= o.at, TRUE) THEN NULL ELSE t."lastError" END
    FROM told o WHERE t.id = o.tenant`
}

/**
 * A call failed. A passing failure does not take the place of one that only
 * people can end: the next success would clear it, and with it the reason why
 * the tenant is not well. Same reason for SQL as above.
 */
export async function writeSurfaceFailure(
  db: Connection,
  tenantId: string,
  surface: string,
  failure: Failure,
  at: Date,
): Promise<void> {
  const stored = JSON.stringify(failure)
  await db.$executeRaw`
    INSERT INTO "TenantSurface" ("tenantId", surface, status, "lastError", "lastErrorAt")
    SELECT id, ${surface}, 'failing', ${stored}::jsonb, ${at} FROM "Tenant" WHERE id = ${tenantId}::uuid
    ON CONFLICT ("tenantId", surface) DO UPDATE
      SET status = 'failing', "lastError" = excluded."lastError", "lastErrorAt" = excluded."lastErrorAt"`
  await db.$executeRaw`
    UPDATE "Tenant" SET "lastError" = ${stored}::jsonb, "lastErrorAt" = ${at} WHERE id = ${tenantId}::uuid
      AND (${failure.permanent} OR NOT coalesce(("lastError"->>'permanent')::boolean, false))`
}

/** A surface on which nothing rides any more. */
export async function writeSurfaceUnused(db: Connection, tenantId: string, surface: string): Promise<void> {
  await db.tenantSurface.updateMany({
    where: { tenantId, surface },
    data: { status: 'unused', lastError: Prisma.DbNull, lastErrorAt: null },
  })
}

/** Clears or sets the tenant's JSON error in a change. */
export function errorColumns(failure: Failure | null, at: Date): TenantChange {
  return failure ? { lastError: failure, lastErrorAt: at } : { lastError: Prisma.DbNull, lastErrorAt: null }
}
