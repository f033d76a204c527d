import { createHash } from 'node:crypto'
import { createTransport } from 'nodemailer'
import type { Failure } from '../../../errors.ts'
import { isLoopback } from '../../../platform/loopback.ts'
import { storableText } from '../../../platform/storable.ts'
import type { ChannelOutcome } from '../model.ts'
import type { EmailText } from './email-text.ts'
import { type ChannelFailureCode, channelFailure } from './failures.ts'

/** Where mail is handed over, and as whom. */
export type MailSettings = { url: URL; from: string }

export type Email = Omit<EmailText, 'html'> & {
  /** Null: text alone. */
  html: string | null
  to: string
  /** Unique for each message and update: a repeat has the same, so that nobody keeps both. */
  id: string
  /** What all messages about one incident refer to; null outside of a thread. */
  thread: string | null
  /** Ids of messages of the thread before this one. */
  before: string[]
}

export type Mailer = ReturnType<typeof createMailer>

/** A try counts as lost after a minute. */
const longestSendMs = 40_000

/**
 * Hands mail to one server. Passwords and messages go over encrypted
 * connections only, but for a server on this machine.
 *
 * @param settings null: every message fails, and says what to set
 * @param timeoutMs for a connection, and for each answer of the server
 * @param domain the host that message ids name: the installation's own
 * @see RFC 5321; RFC 5322, section 3.6.4 (identification fields); RFC 3207 (STARTTLS)
 */
export function createMailer({
  settings,
  domain,
  timeoutMs = 10_000,
}: {
  settings: MailSettings | null
  domain: string
  timeoutMs?: number
}) {
  const transport = settings && createTransport(optionsOf(settings.url, timeoutMs))
  const idOf = (id: string) => `<${id}@${domain}>`

  return {
    async send({ to, subject, text, html, id, thread, before }: Email): Promise<ChannelOutcome> {
      const started = performance.now()
      const since = () => Math.round(performance.now() - started)
      if (!transport || !settings) return failed('mail_not_set_up', null, since())
      const references = [...(thread === null ? [] : [thread]), ...before].map(idOf)
      const previous = references.at(-1)
      try {
        const { response } = await transport.sendMail({
          from: settings.from,
          // As an object: the address is not read as a list once more.
          to: { name: '', address: to },
          subject,
          text,
          ...(html !== null && { html }),
          messageId: idOf(id),
          ...(previous && { references, inReplyTo: previous }),
          headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal: AbortSignal.timeout(longestSendMs),
        })
        return {
          isDelivered: true,
          isWorthRepeating: false,
          retryAfterSeconds: null,
          answer: storableText(response, 300),
          failure: null,
          durationMs: since(),
        }
      } catch (error) {
        return failed(codeOf(error), error, since())
      }
    },

    /** Connects and signs in without sending anything. @returns the failure; null when all is well; undefined without a server */
    async check(): Promise<Failure | null | undefined> {
      if (!transport) return undefined
      try {
        await transport.verify()
        return null
      } catch (error) {
        return failed(codeOf(error), error, 0).failure
      }
    },

    close(): void {
      transport?.close()
    },
  }
}

/** The same for every message about an incident, whichever rule sends it. */
export function threadOf(tenantId: string, incidentId: string): string {
  return `incident.${createHash('sha256').update(`${tenantId}:${incidentId}`).digest('hex').slice(0, 32)}`
}

function optionsOf(url: URL, timeoutMs: number) {
  const secure = url.protocol === 'smtps:'
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    host,
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && !isLoopback(host),
    ...(url.username !== '' && {
      auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) },
    }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
  }
}

type SmtpError = Error & { code?: string; responseCode?: number; response?: string; originalCode?: string }

function codeOf(error: unknown): ChannelFailureCode {
  const { code = '', responseCode = 0 } = error as SmtpError
  if (code === 'EAUTH' || code === 'ENOAUTH' || code === 'EOAUTH2') {
    return responseCode >= 400 && responseCode < 500 ? 'mail_busy' : 'mail_sign_in_refused'
  }
  if (code === 'ETLS' || code.startsWith('ERR_TLS') || isTlsError(error as SmtpError)) return 'mail_no_tls'
  if (responseCode >= 400 && responseCode < 500) return 'mail_busy'
  if (code === 'EENVELOPE') return 'mail_address_refused'
  return responseCode >= 500 ? 'mail_refused' : 'mail_unreachable'
}

function isTlsError({ code, originalCode, message }: SmtpError): boolean {
  return (
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_SSL/.test(`${code} ${originalCode}`) ||
    /certificate|wrong version number/i.test(message)
  )
}

function failed(code: ChannelFailureCode, error: unknown, durationMs: number): ChannelOutcome {
  const { response, responseCode, originalCode, code: ownCode, message } = (error ?? {}) as Partial<SmtpError>
  const said = response ?? message ?? null
  const detail = said === null ? null : storableText(said.replace(/[\s\p{Cc}]+/gu, ' ').trim(), 300)
  const serviceCode = responseCode ? String(responseCode) : (originalCode ?? ownCode ?? null)
  const failure = channelFailure(code, { service: 'mail', detail, serviceCode })
  return {
    isDelivered: false,
    isWorthRepeating: !failure.permanent,
    retryAfterSeconds: null,
    answer: detail,
    failure,
    durationMs,
  }
}
