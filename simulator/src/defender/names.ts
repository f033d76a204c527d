import type { Classification, DetectionSource, Determination, ServiceSource } from '../data/alert-model.ts'
import { settableDeterminations } from '../data/members.ts'
import { pascal } from '../data/names.ts'

/** Spellings of the Defender APIs, where they are more than Graph's in PascalCase. */
const incidentDeterminations: Partial<Record<Determination, string>> = {
  unknown: 'NotAvailable',
  notMalicious: 'Clean',
  notEnoughDataToValidate: 'NoEnoughDataToValidate',
}

const alertDeterminations: Partial<Record<Determination, string>> = {
  unknown: 'NotAvailable',
  compromisedAccount: 'CompromisedUser',
  confirmedActivity: 'ConfirmedUserActivity',
  notMalicious: 'Clean',
  notEnoughDataToValidate: 'InsufficientData',
}

const detectionSources: Record<DetectionSource, string> = {
  microsoftDefenderForEndpoint: 'WindowsDefenderAtp',
  antivirus: 'WindowsDefenderAv',
  smartScreen: 'WindowsDefenderSmartScreen',
  microsoftDefenderForOffice365: 'OfficeATP',
  microsoftDefenderForIdentity: 'AzureATP',
  cloudAppSecurity: 'MCAS',
  microsoft365Defender: 'MTP',
  azureAdIdentityProtection: 'AADIdentityProtection',
  customDetection: 'CustomDetection',
  automatedInvestigation: 'AutomatedInvestigation',
  scheduledAlerts: 'ScheduledAlerts',
}

const serviceSources: Partial<Record<ServiceSource, string>> = {
  microsoftDefenderForCloudApps: 'MicrosoftCloudAppSecurity',
}

export function incidentDetermination(determination: Determination): string {
  return incidentDeterminations[determination] ?? pascal(determination)
}

export function alertDetermination(determination: Determination | null): string | null {
  return determination === null || determination === 'unknown'
    ? null
    : (alertDeterminations[determination] ?? pascal(determination))
}

export function detectionSourceName(source: DetectionSource): string {
  return detectionSources[source]
}

export function serviceSourceName(source: ServiceSource): string {
  return serviceSources[source] ?? pascal(source)
}

/** A determination that can be set, as incidents spell it, in any case. */
export function readIncidentDetermination(text: string): Determination | undefined {
  return readSpelled(text, incidentDetermination)
}

/** A determination that can be set, as alerts spell it, in any case. */
export function readAlertDetermination(text: string): Determination | undefined {
  return readSpelled(text, one => alertDeterminations[one] ?? pascal(one))
}

function readSpelled(text: string, spell: (one: Determination) => string): Determination | undefined {
  const wanted = text.toLowerCase()
  return settableDeterminations.find(one => spell(one).toLowerCase() === wanted)
}

const fitting: Record<Classification, readonly Determination[]> = {
  unknown: ['unknown'],
  truePositive: [
    'multiStagedAttack',
    'maliciousUserActivity',
    'compromisedAccount',
    'malware',
    'phishing',
    'unwantedSoftware',
    'other',
  ],
  informationalExpectedActivity: [
    'securityTesting',
    'lineOfBusinessApplication',
    'confirmedActivity',
    'other',
  ],
  falsePositive: ['notMalicious', 'notEnoughDataToValidate', 'other'],
}

/** Whether Defender XDR takes the two together. */
export function fits(classification: Classification, determination: Determination): boolean {
  return fitting[classification].includes(determination)
}
