/** Members of the security enums in Graph's spelling, as the metadata of 2026 lists them. */
export const incidentStatuses = ['active', 'inProgress', 'resolved', 'redirected', 'awaitingAction'] as const
export const alertStatuses = ['new', 'inProgress', 'resolved'] as const
export const severities = ['unknown', 'informational', 'low', 'medium', 'high'] as const
export const classifications = [
  'unknown',
  'falsePositive',
  'truePositive',
  'informationalExpectedActivity',
] as const
export const determinations = [
  'unknown',
  'apt',
  'malware',
  'securityPersonnel',
  'securityTesting',
  'unwantedSoftware',
  'other',
  'multiStagedAttack',
  'compromisedAccount',
  'phishing',
  'maliciousUserActivity',
  'notMalicious',
  'notEnoughDataToValidate',
  'confirmedActivity',
  'lineOfBusinessApplication',
] as const
/** What can be set: the two old ones are only read in old data since August 2022. */
export const settableDeterminations = determinations.filter(
  determination => determination !== 'apt' && determination !== 'securityPersonnel',
)
export const serviceSources = [
  'unknown',
  'microsoftDefenderForEndpoint',
  'microsoftDefenderForIdentity',
  'microsoftDefenderForCloudApps',
  'microsoftDefenderForOffice365',
  'microsoft365Defender',
  'azureAdIdentityProtection',
  'microsoftAppGovernance',
  'dataLossPrevention',
  'microsoftDefenderForCloud',
  'microsoftSentinel',
  'microsoftInsiderRiskManagement',
  'microsoftThreatIntelligence',
  'microsoftSecurityForAI',
] as const

/** The member that a text names in any case, undefined when it names none. */
export function memberOf<T extends string>(members: readonly T[], text: string): T | undefined {
  const wanted = text.toLowerCase()
  return members.find(member => member.toLowerCase() === wanted)
}
