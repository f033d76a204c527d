import { z } from 'zod'
import type { Evidence } from '../model.ts'
import { evidenceFacts, firstOf, userTitle } from '../wire/evidence-facts.ts'
import { camelCase, verdicts } from '../wire/members.ts'
import { elements, optionalId, optionalTime, text, texts } from '../wire/wire.ts'

const account = z
  .object({
    accountName: text,
    domainName: text,
    userSid: text,
    azureAdUserId: text,
    userPrincipalName: text,
    displayName: text,
  })
  .nullish()

const file = z
  .object({
    fileName: text,
    filePath: text,
    sha1: text,
    sha256: text,
    md5: text,
    fileSize: z.number().nullish().catch(null),
    filePublisher: text,
    signer: text,
  })
  .nullish()

const sender = z.object({ emailAddress: text, displayName: text }).nullish()

const common = z.looseObject({
  '@odata.type': z.string(),
  verdict: text,
  remediationStatus: text,
  roles: texts,
  mdeDeviceId: text,
})

const device = z.object({
  azureAdDeviceId: text,
  deviceDnsName: text,
  hostName: text,
  osPlatform: text,
  osBuild: optionalId,
  version: text,
  healthStatus: text,
  riskScore: text,
  rbacGroupName: text,
  onboardingStatus: text,
  defenderAvStatus: text,
  lastIpAddress: text,
  lastExternalIpAddress: text,
  ipInterfaces: texts,
  loggedOnUsers: elements(z.object({ accountName: text, domainName: text })),
})

const process = z.object({
  processId: optionalId,
  parentProcessId: optionalId,
  processCommandLine: text,
  processCreationDateTime: optionalTime,
  parentProcessCreationDateTime: optionalTime,
  detectionStatus: text,
  imageFile: file,
  parentProcessImageFile: file,
  userAccount: account,
})

const mailbox = z.object({ displayName: text, primaryAddress: text, upn: text, userAccount: account })

const message = z.object({
  networkMessageId: text,
  internetMessageId: text,
  subject: text,
  recipientEmailAddress: text,
  senderIp: text,
  p1Sender: sender,
  p2Sender: sender,
  deliveryAction: text,
  deliveryLocation: text,
  receivedDateTime: optionalTime,
  threats: texts,
  urls: texts,
})

const registry = z.object({
  registryHive: text,
  registryKey: text,
  registryValue: text,
  registryValueName: text,
  registryValueType: text,
})

type Own = Pick<Evidence, 'kind' | 'title' | 'facts'>

/** What each subtype says about itself; subtypes beyond these are read by their plain members. */
const readers: Record<string, (wire: unknown) => Own | null> = {
  device: read(device, one => ({
    kind: 'device',
    title: firstOf(one.deviceDnsName, one.hostName, 'unnamed device'),
    facts: evidenceFacts({
      osPlatform: one.osPlatform,
      osVersion: one.version,
      osBuild: one.osBuild,
      health: one.healthStatus && camelCase(one.healthStatus),
      risk: one.riskScore && camelCase(one.riskScore),
      group: one.rbacGroupName,
      onboarding: one.onboardingStatus && camelCase(one.onboardingStatus),
      antivirus: one.defenderAvStatus && camelCase(one.defenderAvStatus),
      entraDeviceId: one.azureAdDeviceId,
      loggedOnUsers: (one.loggedOnUsers ?? []).map(user => userNameOf(user)),
      ipAddress: firstOf(one.lastIpAddress, one.ipInterfaces[0]),
      externalIpAddress: one.lastExternalIpAddress,
    }),
  })),
  user: read(z.object({ userAccount: account }), ({ userAccount }) => ({
    kind: 'user',
    title: userTitle({
      upn: userAccount?.userPrincipalName,
      domain: userAccount?.domainName,
      account: userAccount?.accountName,
    }),
    facts: evidenceFacts({
      account: userAccount?.accountName,
      domain: userAccount?.domainName,
      sid: userAccount?.userSid,
      entraUserId: userAccount?.azureAdUserId,
      upn: userAccount?.userPrincipalName,
      displayName: userAccount?.displayName,
    }),
  })),
  process: read(process, one => ({
    kind: 'process',
    title: firstOf(one.imageFile?.fileName, one.processCommandLine, one.processId, 'unnamed process'),
    facts: evidenceFacts({
      commandLine: one.processCommandLine,
      processId: one.processId,
      startedAt: one.processCreationDateTime,
      folder: one.imageFile?.filePath,
      sha1: one.imageFile?.sha1,
      sha256: one.imageFile?.sha256,
      parentProcessId: one.parentProcessId,
      parentStartedAt: one.parentProcessCreationDateTime,
      parentFile: one.parentProcessImageFile?.fileName,
      user:
        one.userAccount &&
        userTitle({
          upn: one.userAccount.userPrincipalName,
          domain: one.userAccount.domainName,
          account: one.userAccount.accountName,
        }),
      detection: one.detectionStatus && camelCase(one.detectionStatus),
    }),
  })),
  file: read(z.object({ fileDetails: file, detectionStatus: text }), ({ fileDetails, detectionStatus }) => ({
    kind: 'file',
    title: firstOf(fileDetails?.fileName, fileDetails?.sha256, fileDetails?.sha1, 'unnamed file'),
    facts: evidenceFacts({
      folder: fileDetails?.filePath,
      sha1: fileDetails?.sha1,
      sha256: fileDetails?.sha256,
      md5: fileDetails?.md5,
      size: fileDetails?.fileSize,
      publisher: fileDetails?.filePublisher,
      signer: fileDetails?.signer,
      detection: detectionStatus && camelCase(detectionStatus),
    }),
  })),
  ip: read(z.object({ ipAddress: text, countryLetterCode: text }), one => ({
    kind: 'ip',
    title: firstOf(one.ipAddress, 'unnamed address'),
    facts: evidenceFacts({ country: one.countryLetterCode }),
  })),
  url: read(z.object({ url: text }), one => ({
    kind: 'url',
    title: firstOf(one.url, 'unnamed URL'),
    facts: {},
  })),
  mailbox: read(mailbox, one => ({
    kind: 'mailbox',
    title: firstOf(one.primaryAddress, one.upn, one.displayName, 'unnamed mailbox'),
    facts: evidenceFacts({
      displayName: one.displayName,
      upn: firstOf(one.upn, one.userAccount?.userPrincipalName),
    }),
  })),
  analyzedMessage: read(message, one => ({
    kind: 'message',
    title: firstOf(one.subject, one.networkMessageId, 'message without a subject'),
    facts: evidenceFacts({
      sender: firstOf(one.p2Sender?.emailAddress, one.p1Sender?.emailAddress),
      recipient: one.recipientEmailAddress,
      deliveryAction: one.deliveryAction && camelCase(one.deliveryAction),
      deliveryLocation: one.deliveryLocation,
      receivedAt: one.receivedDateTime,
      senderIp: one.senderIp,
      threats: one.threats,
      urls: one.urls,
      networkMessageId: one.networkMessageId,
      internetMessageId: one.internetMessageId,
    }),
  })),
  registryKey: read(registry, readRegistry),
  registryValue: read(registry, readRegistry),
}

/**
 * Reads one element of an alert's `evidence`. A subtype we do not know, or
 * whose members are not as published, is kept by its plain members.
 *
 * @see Microsoft Graph, "alertEvidence resource type"
 */
export function readEvidence(wire: z.output<typeof evidence>): Evidence {
  const type = wire['@odata.type'].replace(/^.*\./, '').replace(/Evidence$/, '')
  const own = (Object.hasOwn(readers, type) ? readers[type]?.(wire) : null) ?? readPlain(type, wire)
  return {
    type,
    ...own,
    verdict: wire.verdict && (verdicts.find(wire.verdict) ?? camelCase(wire.verdict)),
    remediation: wire.remediationStatus && camelCase(wire.remediationStatus),
    roles: wire.roles.map(camelCase),
    deviceId: wire.mdeDeviceId?.toLowerCase() ?? null,
  }
}

export const evidence = common

function read<T extends z.ZodType>(schema: T, toOwn: (one: z.output<T>) => Own) {
  return (wire: unknown): Own | null => {
    const parsed = schema.safeParse(wire)
    return parsed.success ? toOwn(parsed.data) : null
  }
}

function readRegistry(one: z.output<typeof registry>): Own {
  const path = [one.registryHive, one.registryKey].filter(Boolean).join('\\')
  return {
    kind: 'registry',
    title: firstOf(path, 'unnamed registry key'),
    facts: evidenceFacts({
      hive: one.registryHive,
      key: one.registryKey,
      valueName: one.registryValueName,
      value: one.registryValue,
      valueType: one.registryValueType && camelCase(one.registryValueType),
    }),
  }
}

const inEveryEvidence = new Set(['verdict', 'remediationStatus', 'roles', 'createdDateTime', 'mdeDeviceId'])

function readPlain(type: string, wire: Record<string, unknown>): Own {
  const plain = Object.entries(wire).filter(
    (pair): pair is [string, string | number | boolean] =>
      !pair[0].startsWith('@') &&
      !inEveryEvidence.has(pair[0]) &&
      ['string', 'number', 'boolean'].includes(typeof pair[1]),
  )
  const named = Object.fromEntries(plain)
  const title = [named.displayName, named.name, named.appId, named.resourceName, type].find(Boolean)
  return { kind: 'other', title: String(title), facts: evidenceFacts(named) }
}

function userNameOf(user: { accountName: string | null; domainName: string | null }): string {
  return userTitle({ domain: user.domainName, account: user.accountName })
}
