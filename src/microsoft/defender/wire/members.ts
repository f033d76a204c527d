/** A closed list of names as published, with the spellings of the other surfaces. */
export type Members<Name extends string = string> = {
  canonical: readonly Name[]
  /** The canonical name; null for a name that is not in the list. */
  find(text: string): Name | null
}

function makeMembers<const Name extends string>(
  canonical: readonly Name[],
  others: Record<string, NoInfer<Name>> = {},
): Members<Name> {
  const byName = new Map<string, Name>(canonical.map(name => [name.toLowerCase(), name]))
  for (const [other, name] of Object.entries(others)) byName.set(other.toLowerCase(), name)
  return { canonical, find: text => byName.get(text.toLowerCase()) ?? null }
}

export const incidentStatuses = makeMembers([
  'active',
  'inProgress',
  'resolved',
  'redirected',
  'awaitingAction',
])

/** The page of Defender XDR says "Active" where its answers say "New". */
export const alertStatuses = makeMembers(['unknown', 'new', 'inProgress', 'resolved'], { active: 'new' })

export const severities = makeMembers(['unknown', 'informational', 'low', 'medium', 'high'], {
  unSpecified: 'unknown',
})

export const classifications = makeMembers([
  'unknown',
  'falsePositive',
  'truePositive',
  'informationalExpectedActivity',
])

/** @see Microsoft Graph, "incident resource type"; Defender XDR, "Update incidents API"; Defender for Endpoint, "Update alert" */
export const determinations = makeMembers(
  [
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
  ],
  {
    notAvailable: 'unknown',
    compromisedUser: 'compromisedAccount',
    confirmedUserActivity: 'confirmedActivity',
    clean: 'notMalicious',
    noEnoughDataToValidate: 'notEnoughDataToValidate',
    insufficientData: 'notEnoughDataToValidate',
  },
)

export const verdicts = makeMembers(['unknown', 'suspicious', 'malicious', 'noThreatsFound'])

/** Open lists: names that are known under two spellings; any other is taken as it is. */
const sources = new Map([
  ['microsoftdefenderatp', 'microsoftDefenderForEndpoint'],
  ['windowsdefenderatp', 'microsoftDefenderForEndpoint'],
  ['microsoftcloudappsecurity', 'microsoftDefenderForCloudApps'],
  ['azureatp', 'microsoftDefenderForIdentity'],
  ['officeatp', 'microsoftDefenderForOffice365'],
  ['mtp', 'microsoft365Defender'],
  ['aadidentityprotection', 'azureAdIdentityProtection'],
  ['windowsdefenderav', 'antivirus'],
  ['windowsdefendersmartscreen', 'smartScreen'],
  ['mcas', 'cloudAppSecurity'],
])

/** Service and detection sources in Graph's spelling. */
export function sourceName(text: string | null | undefined): string | null {
  return text ? (sources.get(text.toLowerCase()) ?? camelCase(text)) : null
}

/** `InProgress` to `inProgress`; a name that begins with several capitals stays. */
export function camelCase(text: string): string {
  return /^[A-Z][a-z0-9]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}

export function pascalCase(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** Reads the names of one object and remembers which were new to us. */
export function createNameReader() {
  const unfamiliar: string[] = []
  return {
    unfamiliar,
    /** @param absent what stands for null and for an empty text */
    read<T extends string>(
      field: string,
      text: string | null | undefined,
      members: Members,
      absent: T,
    ): T | string {
      if (!text) return absent
      const found = members.find(text)
      if (found !== null) return found
      unfamiliar.push(`${field}: ${text}`)
      return camelCase(text)
    },
  }
}
