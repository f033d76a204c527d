/**
 * What an error says of itself, in whatever shape it comes: pg's errors carry
 * an SQLSTATE, Node's a name of the system, Prisma's a number of its own with
 * the other one further inside.
 */
type Shape = {
  name?: unknown
  message?: unknown
  code?: unknown
  originalCode?: unknown
  kind?: unknown
  cause?: unknown
  meta?: { driverAdapterError?: unknown }
}

/** Deeper than any of them nests. */
const mostNested = 6

/** Errors of the socket; nothing else in the domain meets them bare, as the way out to services names its own. */
const socketCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
])

/** Prisma's own: not reachable, timed out, refused, closed, no connection free, transaction over, conflict. */
const prismaOutages = new Set([
  'P1000',
  'P1001',
  'P1002',
  'P1003',
  'P1008',
  'P1010',
  'P1011',
  'P1017',
  'P2024',
  'P2028',
  'P2034',
  'P2037',
])

/**
 * SQLSTATE classes and codes of a database that cannot do its work now:
 * connection, resources, operator, system, internal; read-only, frozen
 * transaction, lock not to be had, a role or password taken away.
 *
 * @see PostgreSQL documentation, "PostgreSQL Error Codes"
 */
const outageClasses = new Set(['08', '28', '53', '57', '58', 'XX'])
const outageCodes = new Set(['25006', '25P03', '25P04', '40001', '40P01', '55P03', '3D000'])

/** What the adapter calls what it recognises. */
const outageKinds = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
  'TlsConnectionError',
  'TransactionWriteConflict',
  'AuthenticationFailed',
  'DatabaseAccessDenied',
  'DatabaseDoesNotExist',
])

/** What pg and its pool say without a code. */
const outageWords =
  /Connection terminated|timeout exceeded when trying to connect|Query read timeout|connect ENOENT|Client (?:was closed|has encountered)|Cannot use a pool after calling end|read-only transaction|Unable to start a transaction|Transaction (?:already closed|not found)/

const sqlState = /^[0-9A-Z]{5}$/

/** Whether the database, or the way to it, is at fault for now: the same may work later, and nobody else is to blame. */
export function isDatabaseOutage(error: unknown): boolean {
  return shapesOf(error).some(({ code, originalCode, kind, message }) => {
    if (typeof kind === 'string' && outageKinds.has(kind)) return true
    if (typeof message === 'string' && outageWords.test(message)) return true
    return [code, originalCode].some(one => typeof one === 'string' && isOutageCode(one))
  })
}

/** Whether the error comes from the database or the way to it at all, a statement of ours that it refuses included. */
export function isDatabaseError(error: unknown): boolean {
  return (
    isDatabaseOutage(error) ||
    shapesOf(error).some(
      ({ name, code, originalCode }) =>
        (typeof name === 'string' && /^Prisma|^DriverAdapterError$/.test(name)) ||
        [code, originalCode].some(one => typeof one === 'string' && /^P\d{4}$/.test(one)) ||
        (typeof code === 'string' && sqlState.test(code) && !socketCodes.has(code) && name === 'error'),
    )
  )
}

function isOutageCode(code: string): boolean {
  if (socketCodes.has(code) || prismaOutages.has(code) || outageCodes.has(code)) return true
  return sqlState.test(code) && outageClasses.has(code.slice(0, 2))
}

/** The error and those inside of it. */
function shapesOf(error: unknown): Shape[] {
  const shapes: Shape[] = []
  const waiting: unknown[] = [error]
  while (waiting.length > 0 && shapes.length < mostNested) {
    const next = waiting.shift()
    if (typeof next !== 'object' || next === null) continue
    const shape = next as Shape
    shapes.push(shape)
    waiting.push(shape.cause, shape.meta?.driverAdapterError)
    if (next instanceof AggregateError) waiting.push(...next.errors)
  }
  return shapes
}
