import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { connect } from 'node:tls'

export type SyslogTarget = { host: string; port: number }

/** A message before it is framed; `text` is one line of JSON. */
export type SyslogMessage = { at: string; id: string; text: string }

const timeoutMs = 15_000

/**
 * Sends messages over one TLS connection, in order, and waits until they were
 * handed to the other side. Syslog has no receipt: a message counts as sent when
 * the connection took it and was closed by both sides without an error.
 *
 * @throws Error of the connection or of TLS
 * @see RFC 5424, "Syslog Message Format"; RFC 5425, section 4.3
 */
export async function sendSyslog({ host, port }: SyslogTarget, messages: SyslogMessage[]): Promise<void> {
  await new Promise<void>((done, failed) => {
    const socket = connect({ host, port, ...(isIP(host) ? {} : { servername: host }) })
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new Error(`no answer from ${host}:${port} in ${timeoutMs / 1000} s`)),
    )
    socket.once('error', failed)
    socket.once('secureConnect', () => socket.end(messages.map(frame).join('')))
    // Nothing is expected back; reading lets the other side's end be seen.
    socket.resume()
    socket.once('close', hadError => {
      if (!hadError) done()
    })
  })
}

/** Octet counting: the length in bytes, a space, the message. */
function frame(message: SyslogMessage): string {
  const text = formatSyslog(message)
  return `${Buffer.byteLength(text)} ${text}`
}

/** Facility 13 (log audit), severity 5 (notice). */
export function formatSyslog({ at, id, text }: SyslogMessage): string {
  const host = hostname().replace(/[^\x21-\x7e]/g, '') || '-'
  return `<109>1 ${at} ${host.slice(0, 255)} tenantry ${process.pid} ${id} - \ufeff${text}`
}
