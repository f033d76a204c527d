import {
  cloudAppNoise,
  emailAttachmentNoise,
  emailNoise,
  emailUrlNoise,
  identityDirectoryNoise,
  identityInfoNoise,
  identityLogonNoise,
  identityQueryNoise,
  signInNoise,
  spnSignInNoise,
  urlClickNoise,
} from './cloud-noise.ts'
import {
  deviceEventNoise,
  fileNoise,
  imageLoadNoise,
  logonNoise,
  networkNoise,
  processNoise,
  registryNoise,
} from './device-noise.ts'
import { certificateNoise, deviceInfoNoise, networkInfoNoise } from './device-state.ts'
import type { DayOfRows } from './noise.ts'
import {
  browserExtensionKnowledge,
  browserExtensions,
  gatheredInformation,
  gatheredKnowledge,
  identityAccounts,
} from './posture.ts'
import {
  configurationKnowledge,
  exposureEdges,
  exposureNodes,
  oauthApps,
  type Snapshot,
  secureConfiguration,
  softwareInventory,
  softwareVulnerabilities,
  vulnerabilityKnowledge,
} from './snapshots.ts'

/**
 * How a table is filled besides what stories leave in it. Tables of one `family` come from the same numbers,
 * so that a mail has the same id in each of the mail tables.
 */
export type TableSource = { day: DayOfRows; family?: string } | { snapshot: Snapshot }

export const tableSources: Readonly<Record<string, TableSource>> = {
  DeviceProcessEvents: { day: processNoise },
  DeviceNetworkEvents: { day: networkNoise },
  DeviceFileEvents: { day: fileNoise },
  DeviceLogonEvents: { day: logonNoise },
  DeviceRegistryEvents: { day: registryNoise },
  DeviceImageLoadEvents: { day: imageLoadNoise },
  DeviceEvents: { day: deviceEventNoise },
  DeviceInfo: { day: deviceInfoNoise },
  DeviceNetworkInfo: { day: networkInfoNoise },
  DeviceFileCertificateInfo: { day: certificateNoise },
  EmailEvents: { day: emailNoise, family: 'mail' },
  EmailUrlInfo: { day: emailUrlNoise, family: 'mail' },
  EmailAttachmentInfo: { day: emailAttachmentNoise, family: 'mail' },
  UrlClickEvents: { day: urlClickNoise },
  EntraIdSignInEvents: { day: signInNoise('EntraIdSignInEvents'), family: 'sign-ins' },
  AADSignInEventsBeta: { day: signInNoise('AADSignInEventsBeta'), family: 'sign-ins' },
  EntraIdSpnSignInEvents: { day: spnSignInNoise('EntraIdSpnSignInEvents'), family: 'spn' },
  AADSpnSignInEventsBeta: { day: spnSignInNoise('AADSpnSignInEventsBeta'), family: 'spn' },
  IdentityLogonEvents: { day: identityLogonNoise },
  IdentityDirectoryEvents: { day: identityDirectoryNoise },
  IdentityQueryEvents: { day: identityQueryNoise },
  IdentityInfo: { day: identityInfoNoise },
  CloudAppEvents: { day: cloudAppNoise },
  DeviceTvmSoftwareInventory: { snapshot: softwareInventory },
  DeviceTvmSoftwareVulnerabilities: { snapshot: softwareVulnerabilities },
  DeviceTvmSoftwareVulnerabilitiesKB: { snapshot: vulnerabilityKnowledge },
  DeviceTvmSecureConfigurationAssessment: { snapshot: secureConfiguration },
  DeviceTvmSecureConfigurationAssessmentKB: { snapshot: configurationKnowledge },
  DeviceTvmBrowserExtensions: { snapshot: browserExtensions },
  DeviceTvmBrowserExtensionsKB: { snapshot: browserExtensionKnowledge },
  DeviceTvmInfoGathering: { snapshot: gatheredInformation },
  DeviceTvmInfoGatheringKB: { snapshot: gatheredKnowledge },
  IdentityAccountInfo: { snapshot: identityAccounts },
  ExposureGraphNodes: { snapshot: exposureNodes },
  ExposureGraphEdges: { snapshot: exposureEdges },
  OAuthAppInfo: { snapshot: oauthApps },
}
