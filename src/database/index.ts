import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '../generated/prisma/client.ts'

export type Database = PrismaClient

/**
 * Opens the database.
 *
 * @param connectionString PostgreSQL connection string
 * @param poolSize connections at most; all work of one process shares them
 */
export function openDatabase(connectionString: string, poolSize = 20): Database {
  return new PrismaClient({ adapter: new PrismaPg({ connectionString, max: poolSize }) })
}
