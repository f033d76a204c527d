import { PrismaPg } from '@prisma/adapter-pg'
import type pg from 'pg'
import { PrismaClient } from '../../generated/prisma/client.ts'
import { createPool, databaseLimits, schemaOf } from './connections/connections.ts'

export type Database = PrismaClient

/** How long a transaction may wait for a connection, and how long it may take. */
const transactionOptions = { maxWait: databaseLimits.connectMs, timeout: 15_000 }

/**
 * The database on a pool's connections; disconnecting ends the pool.
 *
 * @param connectionString the one that the pool was made with
 */
export function databaseOn(pool: pg.Pool, connectionString: string): Database {
  const adapter = new PrismaPg(pool, { schema: schemaOf(connectionString), disposeExternalPool: true })
  return new PrismaClient({ adapter, transactionOptions })
}

/**
 * Opens the database with a pool of its own.
 *
 * @param connectionString PostgreSQL connection string
 * @param poolSize connections at most
 */
export function openDatabase(connectionString: string, poolSize = 10): Database {
  return databaseOn(createPool(connectionString, { name: 'queries', max: poolSize }), connectionString)
}
