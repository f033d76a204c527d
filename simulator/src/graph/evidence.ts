import type { Account } from '../data/accounts.ts'
import type { Evidence } from '../data/alert-model.ts'
import type { Device } from '../data/devices.ts'
import type { FileImage } from '../data/images.ts'
import type { AlertOfIncident, TenantData } from '../data/tenant-data.ts'
import { formatTicksShort } from '../data/ticks.ts'

/** One piece of evidence as Graph prints it: `@odata.type` tells the subtype. */
export function renderEvidence(
  one: Evidence,
  alert: AlertOfIncident,
  data: TenantData,
): Record<string, unknown> {
  const { type, own } = subtype(one, data.profile.tenantId)
  return {
    '@odata.type': `#microsoft.graph.security.${type}`,
    createdDateTime: formatTicksShort(alert.created),
    verdict: one.verdict,
    remediationStatus: one.remediation,
    remediationStatusDetails: null,
    roles: one.role === 'contextual' ? ['contextual'] : [one.role],
    detailedRoles: one.kind === 'device' && one.role === 'compromised' ? ['PrimaryDevice'] : [],
    tags: one.kind === 'device' ? one.device.tags : [],
    ...own,
  }
}

function subtype(one: Evidence, tenantId: string): { type: string; own: Record<string, unknown> } {
  switch (one.kind) {
    case 'device':
      return { type: 'deviceEvidence', own: deviceProperties(one.device) }
    case 'user':
      return { type: 'userEvidence', own: { userAccount: userAccount(one.account, tenantId), stream: null } }
    case 'process': {
      const { process } = one
      return {
        type: 'processEvidence',
        own: {
          processId: process.id,
          parentProcessId: process.parent?.id ?? null,
          processCommandLine: process.commandLine,
          processCreationDateTime: formatTicksShort(process.created),
          parentProcessCreationDateTime: process.parent ? formatTicksShort(process.parent.created) : null,
          detectionStatus:
            one.remediation === 'blocked' || one.remediation === 'prevented' ? one.remediation : 'detected',
          mdeDeviceId: process.device.id,
          imageFile: fileDetails(process.image),
          parentProcessImageFile: process.parent ? fileDetails(process.parent.image) : null,
          userAccount: userAccount(process.account, tenantId),
        },
      }
    }
    case 'file':
      return {
        type: 'fileEvidence',
        own: {
          detectionStatus: one.remediation === 'prevented' ? 'prevented' : 'detected',
          mdeDeviceId: one.device?.id ?? null,
          fileDetails: fileDetails(one.file),
        },
      }
    case 'ip':
      return {
        type: 'ipEvidence',
        own: {
          ipAddress: one.address,
          countryLetterCode: one.country === '' ? null : one.country,
          location: null,
          stream: null,
        },
      }
    case 'url':
      return { type: 'urlEvidence', own: { url: one.url } }
    case 'mailbox':
      return {
        type: 'mailboxEvidence',
        own: {
          displayName: one.account.displayName,
          primaryAddress: one.account.upn,
          upn: one.account.upn,
          userAccount: userAccount(one.account, tenantId),
        },
      }
    case 'message': {
      const { message } = one
      const sender = {
        emailAddress: message.senderAddress,
        displayName: message.senderName,
        domainName: message.senderAddress.slice(message.senderAddress.indexOf('@') + 1),
      }
      return {
        type: 'analyzedMessageEvidence',
        own: {
          networkMessageId: message.networkMessageId,
          internetMessageId: message.internetMessageId,
          subject: message.subject,
          recipientEmailAddress: message.recipient.upn,
          senderIp: message.senderIp,
          p1Sender: sender,
          p2Sender: sender,
          deliveryAction: message.deliveryAction.toLowerCase(),
          deliveryLocation: message.deliveryAction === 'Delivered' ? 'inbox' : 'quarantine',
          receivedDateTime: formatTicksShort(message.received),
          threats: message.threats,
          threatDetectionMethods: [],
          urls: message.urls,
          urlCount: message.urls.length,
          attachmentsCount: message.attachments.length,
          language: 'en',
          urn: `urn:MailEntity:${message.networkMessageId}`,
          antiSpamDirection: 'inbound',
        },
      }
    }
    case 'registry':
      return {
        type: 'registryValueEvidence',
        own: {
          registryHive: one.hive,
          registryKey: one.key,
          registryValue: one.data,
          registryValueName: one.name,
          registryValueType: 'string',
          mdeDeviceId: one.device.id,
        },
      }
    case 'cloudApp':
      return {
        type: 'cloudApplicationEvidence',
        own: {
          appId: one.appId,
          displayName: one.name,
          instanceId: 0,
          instanceName: null,
          saasAppId: one.appId,
          stream: null,
        },
      }
    case 'oauthApp':
      return {
        type: 'oauthApplicationEvidence',
        own: { appId: one.appId, objectId: one.objectId, displayName: one.name, publisher: one.publisher },
      }
  }
}

function deviceProperties(device: Device): Record<string, unknown> {
  return {
    firstSeenDateTime: formatTicksShort(device.firstSeen),
    mdeDeviceId: device.id,
    azureAdDeviceId: device.isAadJoined ? device.aadDeviceId : null,
    deviceDnsName: device.dnsName,
    hostName: device.hostName,
    ntDomain: null,
    dnsDomain: device.dnsName.slice(device.hostName.length + 1),
    osPlatform: device.os.platform,
    osBuild: device.os.build,
    version: device.os.version,
    healthStatus: device.health,
    riskScore: device.risk,
    rbacGroupId: device.groupId,
    rbacGroupName: device.groupName,
    onboardingStatus: device.onboarding,
    defenderAvStatus: device.av,
    ipInterfaces: [device.ip],
    lastIpAddress: device.ip,
    lastExternalIpAddress: device.externalIp,
    loggedOnUsers: [{ accountName: device.owner.name, domainName: device.owner.domain }],
    vmMetadata: null,
    resourceAccessEvents: [],
  }
}

function userAccount(account: Account, tenantId: string): Record<string, unknown> {
  return {
    accountName: account.name,
    domainName: account.domain,
    userSid: account.sid,
    azureAdUserId: account.objectId === '' ? null : account.objectId,
    userPrincipalName: account.upn === '' ? null : account.upn,
    displayName: account.displayName,
    activeDirectoryObjectGuid: null,
    tenantId,
  }
}

function fileDetails(file: FileImage): Record<string, unknown> {
  return {
    sha1: file.sha1,
    sha256: file.sha256,
    sha256Ac: null,
    md5: file.md5,
    fileName: file.name,
    filePath: file.folder,
    fileSize: file.size,
    filePublisher: file.company === '' ? null : file.company,
    signer: null,
    issuer: null,
  }
}
