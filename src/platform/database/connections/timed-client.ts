import pg from 'pg'

/**
 * SQLSTATEs after which a connection is of no more use, although it still
 * stands: the server became a standby (25006), is being stopped (57P01, 57P02)
 * or does not let anybody in (57P03).
 */
const lastCodes = new Set(['25006', '57P01', '57P02', '57P03'])

/**
 * pg's client for connections that pools keep: it never ends the process, and
 * ends itself when its server can do no more for us, or does not answer. A
 * pool throws away what has ended.
 *
 * pg gives up waiting for an answer and keeps the connection, on which the next
 * statement would wait behind the one that hangs.
 */
export class TimedClient extends pg.Client {
  constructor(config?: pg.ClientConfig) {
    super(config)
    // While it is checked out of a pool nobody else listens.
    this.on('error', () => {})
    this.query = this.endAfterLast(this.query)
  }

  /** As it is, and ends the connection when the answer says that it is its last. */
  private endAfterLast(query: pg.Client['query']): pg.Client['query'] {
    const call = query.bind(this) as (...args: unknown[]) => unknown
    return ((...args: unknown[]) => {
      const answer = call(...args)
      if (answer instanceof Promise) {
        answer.catch((error: unknown) => {
          if (isLast(error)) this.end().catch(() => {})
        })
      }
      return answer
    }) as pg.Client['query']
  }
}

function isLast(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return error.message === 'Query read timeout' || ('code' in error && lastCodes.has(String(error.code)))
}
