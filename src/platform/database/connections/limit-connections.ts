import type pg from 'pg'
import { createSemaphore } from '../../limits/semaphore.ts'

/** What a part of the program needs of a pool. */
export type Connections = Pick<pg.Pool, 'connect' | 'query'>

/**
 * A part of a pool for work in the background: it never has more connections
 * at once, so that whoever waits for a page does not wait behind it.
 */
export function limitConnections(pool: pg.Pool, most: number): Connections {
  const semaphore = createSemaphore(most)

  async function connect(): Promise<pg.PoolClient> {
    const leave = await semaphore.enter()
    try {
      const client = await pool.connect()
      const { release } = client
      client.release = error => {
        leave()
        release.call(client, error)
      }
      return client
    } catch (error) {
      leave()
      throw error
    }
  }

  async function query(...args: unknown[]): Promise<unknown> {
    const leave = await semaphore.enter()
    try {
      return await (pool.query as (...all: unknown[]) => Promise<unknown>).call(pool, ...args)
    } finally {
      leave()
    }
  }

  return { connect: connect as pg.Pool['connect'], query: query as pg.Pool['query'] }
}
