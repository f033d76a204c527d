const mostTries = 5

/**
 * Does work again that PostgreSQL broke off because it and another waited for
 * each other. Nothing of it took effect, and the other one went on.
 *
 * @param work one statement, or a whole transaction
 */
export async function retryDeadlocks<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (!isDeadlock(error) || tries >= mostTries) throw error
    }
  }
}

/** As pg tells it, and as Prisma does: by a code of its own, or wrapped when the statement was raw. */
function isDeadlock(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) return false
  if (error.code === '40P01' || error.code === 'P2034') return true
  const meta = 'meta' in error ? (error.meta as { driverAdapterError?: { cause?: unknown } }) : undefined
  const cause = meta?.driverAdapterError?.cause as { originalCode?: unknown } | undefined
  return cause?.originalCode === '40P01'
}
