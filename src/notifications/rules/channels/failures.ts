import { type Failure, ownFailure, type RemoteService } from '../../../errors.ts'

type Kind = Pick<Failure, 'message' | 'remedy' | 'permanent' | 'whoseMove'>

/** Why a message did not arrive: cause, and what to do. */
const kinds = {
  mail_not_set_up: {
    permanent: true,
    whoseMove: 'partner',
    message: 'No mail server is set.',
    remedy: 'Set TENANTRY_SMTP_URL and TENANTRY_MAIL_FROM, and restart Tenantry.',
  },
  mail_sign_in_refused: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The mail server refused the user name and password.',
    remedy: 'Correct them in TENANTRY_SMTP_URL; Microsoft 365 and Gmail take app passwords or relays only.',
  },
  mail_address_refused: {
    permanent: true,
    whoseMove: 'staff',
    message: 'The mail server refused the address.',
    remedy:
      'Correct the address, or have the mail server accept it; TENANTRY_MAIL_FROM must be an address that it may send from.',
  },
  mail_refused: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The mail server refused the message.',
    remedy: 'Look its answer up in the mail server’s documentation: it names the policy or filter.',
  },
  mail_busy: {
    permanent: false,
    whoseMove: 'nobody',
    message: 'The mail server takes no message at the moment.',
    remedy: 'Wait: it is tried again. If it lasts, look at the server’s limits and its queue.',
  },
  mail_no_tls: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The connection to the mail server could not be encrypted.',
    remedy:
      'Have the server offer STARTTLS with a certificate that is trusted (NODE_EXTRA_CA_CERTS adds authorities), or use smtps://.',
  },
  mail_unreachable: {
    permanent: false,
    whoseMove: 'partner',
    message: 'The mail server could not be reached.',
    remedy: 'Check host and port in TENANTRY_SMTP_URL and that the firewall lets this machine through.',
  },
  channel_gone: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The receiver does not exist any more.',
    remedy: 'Make a new incoming webhook in Teams or Slack, and enter its address under Settings, Webhooks.',
  },
  channel_refused_sender: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The receiver does not accept messages from here.',
    remedy:
      'Enter the address under Settings, Webhooks anew: it may have expired, or an administrator of Teams or Slack blocked it.',
  },
  channel_refused_message: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The receiver refused the message.',
    remedy: 'Check that the webhook’s format fits its receiver; its answer says more.',
  },
  channel_throttled: {
    permanent: false,
    whoseMove: 'nobody',
    message: 'The receiver takes no more messages for now.',
    remedy: 'Wait: it is tried again when the receiver said. If it lasts, narrow the rule.',
  },
  channel_unavailable: {
    permanent: false,
    whoseMove: 'nobody',
    message: 'The receiver is not available at the moment.',
    remedy: 'Wait: it is tried again. If it lasts, look at the receiver’s status.',
  },
  channel_unreachable: {
    permanent: false,
    whoseMove: 'partner',
    message: 'The receiver could not be reached.',
    remedy: 'Check the webhook’s address, and DNS, firewall and proxy of this machine.',
  },
  channel_address_refused: {
    permanent: true,
    whoseMove: 'partner',
    message: 'No message may be sent to the address of this webhook.',
    remedy: 'Use an address on the public internet, or allow private addresses in the webhook’s settings.',
  },
  channel_paused: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The webhook is paused.',
    remedy: 'Resume it under Settings, Webhooks, or take it out of the rule.',
  },
} as const satisfies Record<string, Kind>

export type ChannelFailureCode = keyof typeof kinds

/** @param detail what the channel said, added to the message */
export function channelFailure(
  code: ChannelFailureCode,
  details: {
    service: RemoteService
    detail?: string | null
    status?: number | null
    serviceCode?: string | null
    retryAfterSeconds?: number | null
  },
): Failure {
  const { service, detail, status = null, serviceCode = null, retryAfterSeconds = null } = details
  const kind = kinds[code]
  const message = detail ? `${kind.message.replace(/\.$/, '')}: ${detail}` : kind.message
  return {
    ...ownFailure({ code, message, remedy: kind.remedy }),
    ...kind,
    message,
    service,
    status,
    serviceCode,
    retryAfterSeconds,
  }
}
