import type { PrismaClient } from '../../generated/prisma/client.ts'
import type { QuotaStore } from './quota-store.ts'

/**
 * The buckets in PostgreSQL, shared by every process on the database.
 *
 * SQL, because refilling, taking and reading must be one step under the row's
 * lock, for many buckets in one round trip. The database's clock counts, so
 * processes with different clocks agree. Rows are locked in the order of their
 * keys: two processes can wait for one another, never for each other.
 */
export function createQuotaStore(db: PrismaClient): QuotaStore {
  return {
    async take(rate, asks) {
      const rows = await db.$queryRaw<{ key: string; tokens: number }[]>`
        INSERT INTO "QuotaBucket" AS bucket (key, tokens, "updatedAt")
        SELECT ask.key || '|' || ${rate.name}::text, ${rate.capacity}::float8 - ask.count, clock_timestamp()
        FROM unnest(${asks.map(ask => ask.key)}::text[], ${asks.map(ask => ask.count)}::float8[]) AS ask (key, count)
        ORDER BY 1
        ON CONFLICT (key) DO UPDATE SET
          tokens = least(
            ${rate.capacity}::float8,
            least(
              ${rate.capacity}::float8,
              bucket.tokens
                + greatest(0, extract(epoch FROM clock_timestamp() - bucket."updatedAt"))::float8
                * ${rate.tokensPerSecond}::float8
            ) - (${rate.capacity}::float8 - excluded.tokens)
          ),
          "updatedAt" = greatest(bucket."updatedAt", clock_timestamp())
        RETURNING key, tokens`
      const left = new Map(rows.map(row => [row.key, Number(row.tokens)]))
      return asks.map(ask => left.get(`${ask.key}|${rate.name}`) ?? 0)
    },

    async drain(rate, key, seconds) {
      const empty = 1 - seconds * rate.tokensPerSecond
      await db.$executeRaw`
        INSERT INTO "QuotaBucket" AS bucket (key, tokens, "updatedAt")
        VALUES (${`${key}|${rate.name}`}, ${empty}::float8, clock_timestamp())
        ON CONFLICT (key) DO UPDATE SET
          tokens = least(
            bucket.tokens
              + greatest(0, extract(epoch FROM clock_timestamp() - bucket."updatedAt"))::float8 * ${rate.tokensPerSecond}::float8,
            ${empty}::float8
          ),
          "updatedAt" = greatest(bucket."updatedAt", clock_timestamp())`
    },
  }
}
