import { type DestinationStream, type Logger, pino } from 'pino'

/** Parts of an address that are secrets: link tokens, and what Entra sends back. */
const secretPath = /^\/join\/[^/?]+/
const secretQuery = /([?&](?:code|state|session_state|sid|id_token)=)[^&]*/g

/** The address as the log may hold it. */
function loggableUrl(url: string): string {
  return url.replace(secretPath, '/join/…').replace(secretQuery, '$1…')
}

/** Where the lines go; standard output unless told. */
export type LogDestination = DestinationStream

type LoggedRequest = { method: string; url: string; ip?: string }

/** One JSON line per event; never a cookie, key, link token or code. */
export function createLog(level: string, to: LogDestination = process.stdout): Logger {
  return pino(
    {
      level,
      base: null,
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
          url: loggableUrl(request.url),
          remoteAddress: request.ip,
        }),
      },
    },
    to,
  )
}
