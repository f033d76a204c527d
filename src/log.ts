import { hostname } from 'node:os'
import { type DestinationStream, type Logger, pino } from 'pino'

/** Parameters of a route's path that open something by themselves. */
const secretParameters = new Set(['token'])

/** What Entra sends back in an address. */
const secretQuery = new Set(['code', 'state', 'session_state', 'sid', 'id_token', 'client_info'])

/** Longer parts of an address that no route knows may be a link that was copied badly. */
const longestUnknownPart = 24

/** Where the lines go; standard output unless told. */
export type LogDestination = DestinationStream

type LoggedRequest = {
  method: string
  url: string
  ip?: string
  headers?: Record<string, string | string[] | undefined>
  params?: unknown
  /** The matched route; its `url` is the pattern, and missing when none matched. */
  routeOptions?: { url?: string }
}

/**
 * The address as the log may hold it. What is secret in it is known by the
 * route that answers: the same address can be spelled in many ways.
 */
function loggableUrl({ url, params, routeOptions }: LoggedRequest): string {
  const [path = '', query] = url.split(/[?#](.*)/s)
  const pattern = routeOptions?.url
  const shown = pattern ? fillIn(pattern, (params ?? {}) as Record<string, string>) : withoutLongParts(path)
  return query ? `${shown}?${withoutSecrets(query)}` : shown
}

/** Of the trace that the request belongs to. @see W3C Trace Context, traceparent */
function traceOf({ headers }: LoggedRequest): { traceId?: string } {
  const [, traceId] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}/.exec(String(headers?.traceparent)) ?? []
  return traceId ? { traceId } : {}
}

function fillIn(pattern: string, params: Record<string, string>): string {
  return pattern.replaceAll(/:(\w+)|\*/g, (part, name: string | undefined) => {
    if (name && secretParameters.has(name)) return '…'
    const value = params[name ?? part]
    return value === undefined ? part : encodeURIComponent(value.toWellFormed()).replaceAll('%2F', '/')
  })
}

function withoutLongParts(path: string): string {
  return path
    .split('/')
    .map(part => (part.length > longestUnknownPart ? '…' : part))
    .join('/')
}

function withoutSecrets(query: string): string {
  const pairs = [...new URLSearchParams(query)].map(([name, value]) => [
    name,
    secretQuery.has(name) ? '…' : value,
  ])
  return new URLSearchParams(pairs).toString().replaceAll('%E2%80%A6', '…')
}

/** Which of the processes on one database wrote a line. */
export type LogSource = { role: string }

/** One JSON line per event; never a cookie, key, link token or code. */
export function createLog(
  level: string,
  to: LogDestination = process.stdout,
  source: Partial<LogSource> = {},
): Logger {
  return pino(
    {
      level,
      base: { pid: process.pid, host: hostname(), ...source },
      redact: {
        paths: [
          'req.headers.authorization',
          'req.headers.cookie',
          'res.headers["set-cookie"]',
          '*.token',
          '*.secret',
        ],
        censor: '…',
      },
      serializers: {
        req: (request: LoggedRequest) => ({
          method: request.method,
          url: loggableUrl(request),
          remoteAddress: request.ip,
          ...traceOf(request),
        }),
      },
    },
    to,
  )
}

type Write = (fields: object, message: string) => void

/** What domain code asks of a log: the fields of a line, then its message. */
export type Log = { error: Write; warn: Write }
