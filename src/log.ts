import { type DestinationStream, type Logger, pino } from 'pino'

export type LogDestination = DestinationStream

/** Parts of an address that are secrets: link tokens, and what Entra sends back. */
const secretPath = /^\/join\/[^/?]+/
const secretQuery = /([?&](?:code|state|session_state|sid|id_token)=)[^&]*/g

/** The address as the log may hold it. */
export function loggableUrl(url: string): string {
  return url.replace(secretPath, '/join/…').replace(secretQuery, '$1…')
}

type LoggedRequest = { method: string; url: string; ip?: string }

/**
 * One JSON line per event; never a cookie, key, link token or code.
 *
 * @param destination standard output unless told
 */
export function createLog(level: string, destination?: LogDestination): Logger {
  const options = {
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
  }
  return destination ? pino(options, destination) : pino(options)
}
