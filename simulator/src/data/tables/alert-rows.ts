import type { KqlValue } from '../../kql/types.ts'
import type { Evidence } from '../alert-model.ts'
import { pascal } from '../names.ts'
import { packRow, type RowValues } from '../rows.ts'
import type { AlertOfIncident } from '../tenant-data.ts'

/** The product names that hunting prints for an alert's source. */
const serviceNames: Record<string, string> = {
  microsoftDefenderForEndpoint: 'Microsoft Defender for Endpoint',
  microsoftDefenderForIdentity: 'Microsoft Defender for Identity',
  microsoftDefenderForCloudApps: 'Microsoft Defender for Cloud Apps',
  microsoftDefenderForOffice365: 'Microsoft Defender for Office 365',
  azureAdIdentityProtection: 'AAD Identity Protection',
  microsoft365Defender: 'Microsoft 365 Defender',
  microsoftSentinel: 'Microsoft Sentinel',
}

const detectionNames: Record<string, string> = {
  microsoftDefenderForEndpoint: 'EDR',
  antivirus: 'Antivirus',
  smartScreen: 'SmartScreen',
  customDetection: 'Custom detection',
  scheduledAlerts: 'Scheduled Alert',
}

export function productName(serviceSource: string): string {
  return serviceNames[serviceSource] ?? serviceSource
}

export function alertInfoRow(alert: AlertOfIncident): KqlValue[] {
  return packRow('AlertInfo', {
    Timestamp: alert.created,
    AlertId: alert.id,
    Title: alert.title,
    Category: alert.category,
    Severity: pascal(alert.severity),
    ServiceSource: productName(alert.serviceSource),
    DetectionSource: detectionNames[alert.detectionSource] ?? productName(alert.detectionSource),
    AttackTechniques: alert.techniques.length > 0 ? JSON.stringify(alert.techniques) : '',
  })
}

/** One row for each piece of evidence of an alert. */
export function alertEvidenceRows(alert: AlertOfIncident): KqlValue[][] {
  return alert.evidence.map(one =>
    packRow(
      'AlertEvidence',
      {
        Timestamp: alert.created,
        AlertId: alert.id,
        Title: alert.title,
        Categories: JSON.stringify([alert.category]),
        AttackTechniques: alert.techniques.length > 0 ? JSON.stringify(alert.techniques) : '',
        ServiceSource: productName(alert.serviceSource),
        DetectionSource: detectionNames[alert.detectionSource] ?? productName(alert.detectionSource),
        EvidenceRole: one.role === 'compromised' || one.role === 'attacked' ? 'Impacted' : 'Related',
        EvidenceDirection: one.role === 'source' ? 'Source' : one.role === 'destination' ? 'Destination' : '',
        ThreatFamily: alert.threatFamily ?? '',
        Severity: pascal(alert.severity),
        AdditionalFields: JSON.stringify({
          Verdict: pascal(one.verdict),
          RemediationStatus: pascal(one.remediation),
        }),
      },
      evidenceColumns(one),
    ),
  )
}

/** What a piece of evidence is, in the columns that tables of entities share. */
export function evidenceColumns(one: Evidence): RowValues {
  switch (one.kind) {
    case 'device':
      return {
        EntityType: 'Machine',
        DeviceId: one.device.id,
        DeviceName: one.device.dnsName,
        LocalIP: one.device.ip,
      }
    case 'user':
    case 'mailbox':
      return {
        EntityType: one.kind === 'user' ? 'User' : 'Mailbox',
        AccountName: one.account.name,
        AccountDomain: one.account.domain,
        AccountSid: one.account.sid,
        AccountObjectId: one.account.objectId,
        AccountUpn: one.account.upn,
      }
    case 'process':
      return {
        EntityType: 'Process',
        FileName: one.process.image.name,
        FolderPath: one.process.image.folder,
        SHA1: one.process.image.sha1,
        SHA256: one.process.image.sha256,
        FileSize: one.process.image.size,
        ProcessCommandLine: one.process.commandLine,
        DeviceId: one.process.device.id,
        DeviceName: one.process.device.dnsName,
        AccountName: one.process.account.name,
        AccountDomain: one.process.account.domain,
        AccountSid: one.process.account.sid,
      }
    case 'file':
      return {
        EntityType: 'File',
        FileName: one.file.name,
        FolderPath: one.file.folder,
        SHA1: one.file.sha1,
        SHA256: one.file.sha256,
        FileSize: one.file.size,
        DeviceId: one.device?.id ?? '',
        DeviceName: one.device?.dnsName ?? '',
      }
    case 'ip':
      return { EntityType: 'Ip', RemoteIP: one.address }
    case 'url':
      return { EntityType: 'Url', RemoteUrl: one.url }
    case 'message':
      return {
        EntityType: 'MailMessage',
        NetworkMessageId: one.message.networkMessageId,
        EmailSubject: one.message.subject,
        AccountUpn: one.message.recipient.upn,
      }
    case 'registry':
      return {
        EntityType: 'RegistryValue',
        RegistryKey: `${one.hive}\\${one.key}`,
        RegistryValueName: one.name,
        RegistryValueData: one.data,
        DeviceId: one.device.id,
        DeviceName: one.device.dnsName,
      }
    case 'cloudApp':
      return { EntityType: 'CloudApplication', Application: one.name, ApplicationId: one.appId }
    case 'oauthApp':
      return { EntityType: 'OAuthApplication', Application: one.name, OAuthApplicationId: one.appId }
  }
}
