import { approvers, orList } from '../consent/approvers.ts'
import { describeForCustomer, type RoleKey } from '../microsoft/roles/roles.ts'
import { readStoredContact } from '../tenants/contact.ts'
import type { InvitationRecord } from './store.ts'

/** Who writes, and what is asked for. */
export type Sender = { partnerName: string; askedRoles: readonly RoleKey[] }

/**
 * The message for a link's contact: with the link, or as a reminder of it.
 *
 * @returns `mailto` opens it in a mail program, addressed to the contact
 */
export function messageFor(
  { partnerName, askedRoles }: Sender,
  invitation: InvitationRecord,
  link: string,
  kind: 'first' | 'reminder' = 'first',
): { subject: string; body: string; mailto: string } {
  const contact = readStoredContact(invitation.contact)
  const message = readyMessage({
    partnerName,
    customerName: invitation.customer.name,
    link,
    organization: invitation.pinnedDomain ?? invitation.pinnedTenantId,
    expiresAt: invitation.expiresAt,
    askedRoles,
    purpose: invitation.purpose === 'reconsent' ? 'reconsent' : 'consent',
    greeted: contact?.name ?? null,
    remindsOf: kind === 'reminder' ? invitation.createdAt : null,
  })
  const query = Object.entries(message).map(([name, text]) => `${name}=${encodeURIComponent(text)}`)
  return { ...message, mailto: `mailto:${encodeURIComponent(contact?.email ?? '')}?${query.join('&')}` }
}

/**
 * A message that staff can paste into an e-mail to the customer, as plain text.
 *
 * @param link the customer's link
 */
export function readyMessage(details: {
  partnerName: string
  customerName: string
  link: string
  organization: string | null
  expiresAt: Date
  askedRoles: readonly RoleKey[]
  purpose: 'consent' | 'reconsent'
  /** Whom it begins with; null when nobody is named. */
  greeted?: string | null
  /** For a reminder: when the link was made. */
  remindsOf?: Date | null
}): { subject: string; body: string } {
  const { partnerName, customerName, askedRoles } = details
  const isRenewal = details.purpose === 'reconsent'
  const what = isRenewal
    ? 'the permissions you approved need to be renewed'
    : 'please approve that we may work with your Microsoft Defender'
  const lines = [
    details.greeted ? `Hello ${details.greeted},` : 'Hello,',
    '',
    ...(details.remindsOf
      ? [
          `this is a reminder of the link that we made for you on ${dayOf(details.remindsOf)}: it was not used yet.`,
          '',
        ]
      : []),
    `so that ${partnerName} can watch over the security of ${customerName}, ${what}.`,
    '',
    'The link below explains what is asked for and leads to Microsoft, where you approve or decline:',
    '',
    details.link,
    '',
    `Please open it as ${orList(approvers(askedRoles))}${details.organization ? ` of ${details.organization}` : ''}.`,
    `It is valid until ${details.expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC and takes about two minutes.`,
    '',
    'What the permissions let us do:',
    ...askedRoles.map(role => `  - ${describeForCustomer(role).lets}`),
    '',
    'We never see your password. You can withdraw the approval at any time in the Entra admin center under Enterprise apps.',
    '',
    partnerName,
  ]
  const subject = isRenewal
    ? `Renew the approval for ${partnerName}`
    : `Connect your Microsoft Defender with ${partnerName}`
  return { subject: details.remindsOf ? `Reminder: ${subject}` : subject, body: lines.join('\n') }
}

function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10)
}
