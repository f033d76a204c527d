import { z } from 'zod'
import type { Evidence } from '../model.ts'
import { evidenceFacts, firstOf, userTitle } from './evidence-facts.ts'
import { camelCase } from './members.ts'
import { optionalId, optionalTime, text } from './wire.ts'

/** The flat shape of Defender XDR's `entities` and Defender for Endpoint's `evidence`: one for all kinds, most of it null. */
export const entity = z.object({
  entityType: text,
  sha1: text,
  sha256: text,
  fileName: text,
  filePath: text,
  processId: optionalId,
  processCommandLine: text,
  processCreationTime: optionalTime,
  parentProcessId: optionalId,
  parentProcessCreationTime: optionalTime,
  parentProcessFileName: text,
  ipAddress: text,
  url: text,
  accountName: text,
  domainName: text,
  userSid: text,
  aadUserId: text,
  userPrincipalName: text,
  mailboxDisplayName: text,
  mailboxAddress: text,
  clusterBy: text,
  sender: text,
  recipient: text,
  subject: text,
  deliveryAction: text,
  securityGroupId: text,
  securityGroupName: text,
  registryHive: text,
  registryKey: text,
  registryValueName: text,
  registryValueType: text,
  registryValue: text,
  deviceId: text,
  detectionStatus: text,
  verdict: text,
  remediationStatus: text,
})

type Wire = z.output<typeof entity>
type Own = Pick<Evidence, 'kind' | 'type' | 'title' | 'facts'>

/** @see Defender XDR, "List incidents API", entity format; Defender for Endpoint, "Alert resource type" */
export function readEntity(wire: Wire): Evidence {
  return {
    ...readOwn(wire),
    verdict: wire.verdict && camelCase(wire.verdict),
    remediation: wire.remediationStatus && camelCase(wire.remediationStatus),
    roles: [],
    deviceId: wire.deviceId?.toLowerCase() ?? null,
  }
}

/** Kinds in Graph's words, so that both tell the same. */
function readOwn(wire: Wire): Own {
  const detection = wire.detectionStatus && camelCase(wire.detectionStatus)
  switch ((wire.entityType ?? '').toLowerCase()) {
    case 'user':
      return {
        kind: 'user',
        type: 'user',
        title: userTitle({ upn: wire.userPrincipalName, domain: wire.domainName, account: wire.accountName }),
        facts: evidenceFacts({
          account: wire.accountName,
          domain: wire.domainName,
          sid: wire.userSid,
          entraUserId: wire.aadUserId,
          upn: wire.userPrincipalName,
        }),
      }
    case 'process':
      return {
        kind: 'process',
        type: 'process',
        title: firstOf(wire.fileName, wire.processCommandLine, wire.processId, 'unnamed process'),
        facts: evidenceFacts({
          commandLine: wire.processCommandLine,
          processId: wire.processId,
          startedAt: wire.processCreationTime,
          folder: wire.filePath,
          sha1: wire.sha1,
          sha256: wire.sha256,
          parentProcessId: wire.parentProcessId,
          parentStartedAt: wire.parentProcessCreationTime,
          parentFile: wire.parentProcessFileName,
          detection,
        }),
      }
    case 'file':
      return {
        kind: 'file',
        type: 'file',
        title: firstOf(wire.fileName, wire.sha256, wire.sha1, 'unnamed file'),
        facts: evidenceFacts({ folder: wire.filePath, sha1: wire.sha1, sha256: wire.sha256, detection }),
      }
    case 'ip':
      return { kind: 'ip', type: 'ip', title: firstOf(wire.ipAddress, 'unnamed address'), facts: {} }
    case 'url':
      return { kind: 'url', type: 'url', title: firstOf(wire.url, 'unnamed URL'), facts: {} }
    case 'mailbox':
      return {
        kind: 'mailbox',
        type: 'mailbox',
        title: firstOf(
          wire.mailboxAddress,
          wire.userPrincipalName,
          wire.mailboxDisplayName,
          'unnamed mailbox',
        ),
        facts: evidenceFacts({ displayName: wire.mailboxDisplayName, upn: wire.userPrincipalName }),
      }
    case 'mailmessage':
      return {
        kind: 'message',
        type: 'analyzedMessage',
        title: firstOf(wire.subject, 'message without a subject'),
        facts: evidenceFacts({
          sender: wire.sender,
          recipient: wire.recipient,
          deliveryAction: wire.deliveryAction && camelCase(wire.deliveryAction),
        }),
      }
    case 'registry':
      return {
        kind: 'registry',
        type: 'registryValue',
        title: firstOf(
          [wire.registryHive, wire.registryKey].filter(Boolean).join('\\'),
          'unnamed registry key',
        ),
        facts: evidenceFacts({
          hive: wire.registryHive,
          key: wire.registryKey,
          valueName: wire.registryValueName,
          value: wire.registryValue,
          valueType: wire.registryValueType && camelCase(wire.registryValueType),
        }),
      }
    default:
      return readOther(wire)
  }
}

/** Mail clusters, security groups, and kinds that are new to us: what is not null. */
function readOther(wire: Wire): Own {
  const { entityType, deviceId: _, verdict: __, remediationStatus: ___, ...rest } = wire
  const title = firstOf(wire.securityGroupName, wire.clusterBy, entityType, 'unnamed entity')
  return { kind: 'other', type: camelCase(entityType ?? 'unknown'), title, facts: evidenceFacts(rest) }
}
