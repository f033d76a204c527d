import { describeForCustomer, type RoleKey } from '../tenants/roles.ts'
import { approvers, orList } from './approvers.ts'

/**
 * A message that staff can paste into an e-mail to the customer, as plain text.
 *
 * @param link the customer's link
 */
export function readyMessage(facts: {
  partnerName: string
  customerName: string
  link: string
  organization: string | null
  expiresAt: Date
  requiredRoles: readonly RoleKey[]
  purpose: 'consent' | 'reconsent'
}): { subject: string; body: string } {
  const { partnerName, customerName, requiredRoles } = facts
  const isRenewal = facts.purpose === 'reconsent'
  const what = isRenewal
    ? 'the permissions you approved need to be renewed'
    : 'please approve that we may work with your Microsoft Defender'
  const lines = [
    'Hello,',
    '',
    `so that ${partnerName} can watch over the security of ${customerName}, ${what}.`,
    '',
    'The link below explains what is asked for and leads to Microsoft, where you approve or decline:',
    '',
    facts.link,
    '',
    `Please open it as ${orList(approvers(requiredRoles))}${facts.organization ? ` of ${facts.organization}` : ''}.`,
    `It is valid until ${facts.expiresAt.toISOString().slice(0, 16).replace('T', ' ')} UTC and takes about two minutes.`,
    '',
    'What the permissions let us do:',
    ...requiredRoles.map(role => `  - ${describeForCustomer(role).lets}`),
    '',
    'We never see your password. You can withdraw the approval at any time in the Entra admin center under Enterprise apps.',
    '',
    partnerName,
  ]
  const subject = isRenewal
    ? `Renew the approval for ${partnerName}`
    : `Connect your Microsoft Defender with ${partnerName}`
  return { subject, body: lines.join('\n') }
}
