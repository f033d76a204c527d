import { formats } from '../../formats.ts'
import techniqueNames from './data/techniques.json' with { type: 'json' }

/** Products as Microsoft's portal names them. */
export const productNames: Record<string, string> = {
  microsoftDefenderForEndpoint: 'Defender for Endpoint',
  microsoftDefenderForIdentity: 'Defender for Identity',
  microsoftDefenderForCloudApps: 'Defender for Cloud Apps',
  microsoftDefenderForOffice365: 'Defender for Office 365',
  microsoft365Defender: 'Defender XDR',
  azureAdIdentityProtection: 'Entra ID Protection',
  microsoftAppGovernance: 'App governance',
  dataLossPrevention: 'Data Loss Prevention',
  microsoftDefenderForCloud: 'Defender for Cloud',
  microsoftSentinel: 'Microsoft Sentinel',
  microsoftInsiderRiskManagement: 'Insider Risk Management',
  microsoftThreatIntelligence: 'Threat Intelligence',
  microsoftSecurityForAI: 'Security for AI',
}

export function productName(product: string): string {
  return productNames[product] ?? formats.words(product) ?? product
}

const statuses: Record<string, string> = {
  active: 'Active',
  inProgress: 'In progress',
  awaitingAction: 'Awaiting action',
  resolved: 'Resolved',
  redirected: 'Merged',
}

export function statusName(status: string): string {
  return statuses[status] ?? formats.words(status) ?? status
}

const classifications: Record<string, string> = {
  unknown: 'Not set',
  truePositive: 'True positive',
  falsePositive: 'False positive',
  informationalExpectedActivity: 'Informational, expected activity',
}

export function classificationName(classification: string): string {
  return classifications[classification] ?? formats.words(classification) ?? classification
}

const determinations: Record<string, string> = {
  unknown: 'Not set',
  apt: 'Advanced persistent threat',
  malware: 'Malware',
  securityTesting: 'Security test',
  unwantedSoftware: 'Unwanted software',
  other: 'Other',
  multiStagedAttack: 'Multistage attack',
  compromisedAccount: 'Compromised account',
  phishing: 'Phishing',
  maliciousUserActivity: 'Malicious user activity',
  notMalicious: 'Not malicious',
  notEnoughDataToValidate: 'Not enough data to validate',
  confirmedActivity: 'Confirmed activity',
  lineOfBusinessApplication: 'Line-of-business application',
}

export function determinationName(determination: string): string {
  return determinations[determination] ?? formats.words(determination) ?? determination
}

/** Colleagues by the part of their user name before the `@`; others, such as a customer's people, whole. */
export function shortUser(userName: string, ownUserName: string): string {
  const [name = '', domain] = userName.split('@')
  const isColleague = domain?.toLowerCase() === ownUserName.split('@')[1]?.toLowerCase()
  return isColleague && name !== '' ? name : userName
}

const names: Record<string, string> = techniqueNames

/**
 * A technique with its name: `T1003.001 LSASS Memory`. A sub-technique that the
 * table does not have bears its technique's name; an unknown one its id alone.
 *
 * @see MITRE ATT&CK, Enterprise matrix
 */
export function techniqueName(id: string): string {
  const name = names[id] ?? names[id.split('.')[0] ?? '']
  return name ? `${id} ${name}` : id
}
