import type { Evidence } from '../data/alert-model.ts'

/** The flat shape that Defender XDR prints for every kind of entity: what does not apply is null. */
const blank = {
  entityType: '',
  sha1: null,
  sha256: null,
  fileName: null,
  filePath: null,
  processId: null,
  processCommandLine: null,
  processCreationTime: null,
  parentProcessId: null,
  parentProcessCreationTime: null,
  ipAddress: null,
  url: null,
  accountName: null,
  domainName: null,
  userSid: null,
  aadUserId: null,
  userPrincipalName: null,
  mailboxDisplayName: null,
  mailboxAddress: null,
  clusterBy: null,
  sender: null,
  recipient: null,
  subject: null,
  deliveryAction: null,
  securityGroupId: null,
  securityGroupName: null,
  registryHive: null,
  registryKey: null,
  registryValueType: null,
  registryValue: null,
  deviceId: null,
}

type Times = (ticks: bigint) => string

/** A piece of evidence as an entity; devices are listed apart, and cloud apps have no entity. */
export function renderEntity(one: Evidence, print: Times): Record<string, unknown>[] {
  const own = entityFields(one, print)
  return own ? [{ ...blank, ...own }] : []
}

/** What either Defender API says of an entity; null for what is none. */
export function entityFields(
  one: Evidence,
  print: Times,
): (Record<string, unknown> & { entityType: string }) | null {
  switch (one.kind) {
    case 'user':
      return {
        entityType: 'User',
        accountName: one.account.name,
        domainName: one.account.domain,
        userSid: one.account.sid,
        aadUserId: one.account.objectId,
        userPrincipalName: one.account.upn,
      }
    case 'process':
      return {
        entityType: 'Process',
        sha1: one.process.image.sha1,
        sha256: one.process.image.sha256,
        fileName: one.process.image.name,
        filePath: one.process.image.folder,
        processId: one.process.id,
        processCommandLine: one.process.commandLine,
        processCreationTime: print(one.process.created),
        parentProcessId: one.process.parent?.id ?? null,
        parentProcessCreationTime: one.process.parent ? print(one.process.parent.created) : null,
        deviceId: one.process.device.id,
      }
    case 'file':
      return {
        entityType: 'File',
        sha1: one.file.sha1,
        sha256: one.file.sha256,
        fileName: one.file.name,
        filePath: one.file.folder,
        deviceId: one.device?.id ?? null,
      }
    case 'ip':
      return { entityType: 'Ip', ipAddress: one.address }
    case 'url':
      return { entityType: 'Url', url: one.url }
    case 'mailbox':
      return {
        entityType: 'MailBox',
        userPrincipalName: one.account.upn,
        mailboxDisplayName: one.account.displayName,
        mailboxAddress: one.account.upn,
      }
    case 'message':
      return {
        entityType: 'MailMessage',
        sender: one.message.senderAddress,
        recipient: one.message.recipient.upn,
        subject: one.message.subject,
        deliveryAction: one.message.deliveryAction,
      }
    case 'registry':
      return {
        entityType: 'Registry',
        registryHive: one.hive,
        registryKey: one.key,
        registryValueType: 'String',
        registryValue: one.data,
        deviceId: one.device.id,
      }
    case 'device':
    case 'cloudApp':
    case 'oauthApp':
      return null
  }
}
