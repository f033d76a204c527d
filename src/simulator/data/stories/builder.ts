import type { License } from '../../world.ts'
import { type Account, systemAccount } from '../accounts.ts'
import type {
  Alert,
  DetectionSource,
  Evidence,
  MessageFact,
  ProcessFact,
  ServiceSource,
  Severity,
} from '../alert-model.ts'
import type { Device } from '../devices.ts'
import { type FileImage, fullPath, windowsImage } from '../images.ts'
import type { Random } from '../random.ts'
import { type RowValues, reportId } from '../rows.ts'
import type { TenantFacts } from '../tenant-facts.ts'
import { type Ticks, ticksPerMs, ticksPerSecond } from '../ticks.ts'
import { mailRows, type SignIn, signInRow } from './cloud-rows.ts'
import type { StoryRow } from './story-row.ts'

/** A kind of attack (or of false alarm): what it needs and what happens in it. */
export type Story = {
  id: string
  /** licenses without which nobody would see it */
  needs: License[]
  /** false when a look shows that nothing bad happened */
  isMalicious: boolean
  tell(builder: StoryBuilder): StoryTitle
}

type StoryTitle = { name: string; description?: string; systemTags?: string[]; customTags?: string[] }

type AlertDraft = {
  title: string
  description: string
  severity: Severity
  category: string
  techniques: string[]
  evidence: Evidence[]
  service?: ServiceSource
  detection?: DetectionSource
  actions?: string
  threat?: { name: string; family: string }
  actor?: string
  investigation?: string
}

/** The first letters of an alert's id tell its source. */
const idPrefix: Record<ServiceSource, string> = {
  microsoftDefenderForEndpoint: 'da',
  microsoftDefenderForOffice365: 'fa',
  microsoftDefenderForIdentity: 'aa',
  microsoftDefenderForCloudApps: 'ca',
  azureAdIdentityProtection: 'ad',
  microsoft365Defender: 'ra',
  microsoftSentinel: 'sn',
}

/**
 * Tells a story: each step leaves its rows in the hunting tables and moves the story's clock, and an alert
 * refers to what has happened so far.
 */
export class StoryBuilder {
  readonly facts: TenantFacts
  readonly random: Random
  readonly start: Ticks
  readonly alerts: Alert[] = []
  readonly rows: StoryRow[] = []
  now: Ticks

  constructor(facts: TenantFacts, random: Random, start: Ticks) {
    this.facts = facts
    this.random = random
    this.start = start
    this.now = start
  }

  /** Moves the story's clock by some seconds, a little more or less. */
  wait(seconds: number): void {
    this.now += BigInt(Math.floor(seconds * (0.6 + this.random.next() * 0.8) * 1000)) * ticksPerMs
    this.now += BigInt(this.random.int(1, 9_999))
  }

  workstation(): Device {
    const usable = this.facts.huntable.filter(device => !device.isServer)
    return this.random.pick(usable.length > 0 ? usable : this.facts.devices)
  }

  server(): Device {
    const usable = this.facts.huntable.filter(device => device.isServer)
    return this.random.pick(usable.length > 0 ? usable : this.facts.devices)
  }

  account(): Account {
    return this.random.pick(this.facts.accounts)
  }

  admin(): Account {
    return this.random.pick(this.facts.accounts.filter(account => account.isAdmin))
  }

  /** An address of the documentation ranges, standing for the attacker's. */
  attackerIp(): string {
    return `${this.random.pick(['198.51.100', '192.0.2'])}.${this.random.int(2, 250)}`
  }

  /** The process that was there before the story began: no row of its own. */
  running(device: Device, name: string, account: Account, commandLine = ''): ProcessFact {
    const isSystem = account === systemAccount
    const image = windowsImage(name)
    return {
      device,
      image,
      id: this.random.int(600, 18_000),
      commandLine: commandLine === '' ? `"${fullPath(image)}"` : commandLine,
      created: this.now - BigInt(this.random.int(600, 20_000)) * ticksPerSecond,
      account,
      integrity: isSystem ? 'System' : account.isAdmin ? 'High' : 'Medium',
      logonId: isSystem ? 999 : this.random.int(100_000, 90_000_000),
      parent: null,
    }
  }

  /** A process starts: one row of DeviceProcessEvents. */
  spawn(parent: ProcessFact, image: string | FileImage, commandLine: string, as?: Account): ProcessFact {
    this.wait(4)
    const process: ProcessFact = {
      device: parent.device,
      image: typeof image === 'string' ? windowsImage(image) : image,
      id: this.random.int(1_000, 28_000),
      commandLine,
      created: this.now,
      account: as ?? parent.account,
      integrity: as === systemAccount ? 'System' : parent.integrity,
      logonId: parent.logonId,
      parent,
    }
    this.#add(
      'DeviceProcessEvents',
      { ActionType: 'ProcessCreated', ReportId: reportId(this.random) },
      { device: process.device, created: process, by: parent },
    )
    return process
  }

  connect(
    process: ProcessFact,
    remoteIp: string,
    remotePort: number,
    url = '',
    action = 'ConnectionSuccess',
  ): void {
    this.wait(2)
    this.#add(
      'DeviceNetworkEvents',
      {
        ActionType: action,
        RemoteIP: remoteIp,
        RemotePort: remotePort,
        RemoteUrl: url,
        LocalIP: process.device.ip,
        LocalPort: this.random.int(49_152, 65_500),
        Protocol: 'Tcp',
        LocalIPType: 'Private',
        RemoteIPType: remoteIp.startsWith('10.') ? 'Private' : 'Public',
        ReportId: reportId(this.random),
      },
      { device: process.device, by: process },
    )
  }

  file(process: ProcessFact, action: string, file: FileImage, more: RowValues = {}): void {
    this.wait(2)
    this.#add(
      'DeviceFileEvents',
      {
        ActionType: action,
        FileName: file.name,
        FolderPath: fullPath(file),
        SHA1: file.sha1,
        SHA256: file.sha256,
        MD5: file.md5,
        FileSize: file.size,
        ReportId: reportId(this.random),
        ...more,
      },
      { device: process.device, by: process },
    )
  }

  registry(process: ProcessFact, key: string, name: string, data: string, action = 'RegistryValueSet'): void {
    this.wait(1)
    this.#add(
      'DeviceRegistryEvents',
      {
        ActionType: action,
        RegistryKey: key,
        RegistryValueType: 'String',
        RegistryValueName: name,
        RegistryValueData: data,
        ReportId: reportId(this.random),
      },
      { device: process.device, by: process },
    )
  }

  load(process: ProcessFact, library: FileImage): void {
    this.wait(1)
    this.#add(
      'DeviceImageLoadEvents',
      {
        ActionType: 'ImageLoaded',
        FileName: library.name,
        FolderPath: fullPath(library),
        SHA1: library.sha1,
        SHA256: library.sha256,
        MD5: library.md5,
        FileSize: library.size,
        ReportId: reportId(this.random),
      },
      { device: process.device, by: process },
    )
  }

  /** A row of DeviceEvents; `additional` becomes the JSON text of AdditionalFields. */
  deviceEvent(process: ProcessFact, action: string, own: RowValues = {}, additional: object = {}): void {
    this.wait(1)
    this.#add(
      'DeviceEvents',
      {
        ActionType: action,
        ReportId: reportId(this.random),
        AdditionalFields: JSON.stringify(additional),
        ...own,
      },
      { device: process.device, by: process },
    )
  }

  logon(
    device: Device,
    account: Account,
    how: { type: string; remoteIp?: string; from?: Device; failure?: string; protocol?: string },
  ): void {
    this.wait(2)
    this.#add(
      'DeviceLogonEvents',
      {
        ActionType: how.failure ? 'LogonFailed' : 'LogonSuccess',
        LogonType: how.type,
        AccountDomain: account.domain.toLowerCase(),
        AccountName: account.name,
        AccountSid: account.sid,
        Protocol: how.protocol ?? 'NTLM',
        FailureReason: how.failure ?? '',
        IsLocalAdmin: account.isAdmin,
        LogonId: this.random.int(100_000, 90_000_000),
        RemoteDeviceName: how.from?.hostName ?? '',
        RemoteIP: how.from?.ip ?? how.remoteIp ?? '',
        RemoteIPType: how.from ? 'Private' : 'Public',
        ReportId: reportId(this.random),
      },
      { device },
    )
  }

  /** A mail arrives: rows of EmailEvents, EmailUrlInfo and EmailAttachmentInfo. */
  mail(message: Omit<MessageFact, 'received' | 'networkMessageId' | 'internetMessageId'>): MessageFact {
    this.wait(20)
    const networkMessageId = this.random.guid()
    const senderDomain = message.senderAddress.slice(message.senderAddress.indexOf('@') + 1)
    const complete: MessageFact = {
      ...message,
      networkMessageId,
      internetMessageId: `<${this.random.hex(24)}@${senderDomain}>`,
      received: this.now,
    }
    this.rows.push(...mailRows(complete, this.random))
    return complete
  }

  click(message: MessageFact, url: string, isAllowed: boolean): void {
    this.wait(120)
    this.add('UrlClickEvents', {
      Timestamp: this.now,
      Url: url,
      ActionType: isAllowed ? 'ClickAllowed' : 'ClickBlocked',
      AccountUpn: message.recipient.upn,
      Workload: 'Email',
      NetworkMessageId: message.networkMessageId,
      ThreatTypes: isAllowed ? '' : 'Phish',
      IPAddress: this.facts.devices[0]?.externalIp ?? '',
      IsClickedThrough: isAllowed,
      UrlChain: JSON.stringify([url]),
      ReportId: this.random.guid(),
      AppName: 'Outlook',
    })
  }

  signIn(account: Account, details: SignIn): void {
    this.wait(3)
    this.rows.push(...signInRow(account, details, this.facts, this.now, this.random))
  }

  /** A row of a table that has no method of its own. */
  add(table: string, values: RowValues): void {
    this.#add(table, values)
  }

  /** Raises an alert some minutes after what led to it. */
  alert(draft: AlertDraft): Alert {
    const first = this.alerts.at(-1)?.lastActivity ?? this.start
    const last = this.now
    this.wait(150)
    const service = draft.service ?? 'microsoftDefenderForEndpoint'
    const alert: Alert = {
      id: this.#alertId(service),
      title: draft.title,
      description: draft.description,
      recommendedActions:
        draft.actions ??
        'Check what else the account and the device did around that time.\nContain them if it was not expected.',
      severity: draft.severity,
      status: 'new',
      classification: null,
      determination: null,
      serviceSource: service,
      detectionSource: draft.detection ?? 'microsoftDefenderForEndpoint',
      detectorId: this.random.guid(),
      category: draft.category,
      techniques: draft.techniques,
      assignedTo: null,
      actor: draft.actor ?? null,
      threatName: draft.threat?.name ?? null,
      threatFamily: draft.threat?.family ?? null,
      investigationState: draft.investigation ?? 'queued',
      investigationId: draft.investigation === undefined ? null : this.random.int(100, 9_999),
      created: this.now,
      lastUpdate: this.now,
      resolved: null,
      firstActivity: first,
      lastActivity: last,
      comments: [],
      evidence: draft.evidence,
    }
    this.alerts.push(alert)
    return alert
  }

  #alertId(service: ServiceSource): string {
    const number = this.random.int(-2_000_000_000, 2_000_000_000)
    // The long number is .NET's tick count, 62,135,596,800 s ahead of the Unix epoch.
    return `${idPrefix[service]}${this.now + 621_355_968_000_000_000n}_${number}`
  }

  #add(table: string, own: RowValues, where: Pick<StoryRow, 'device' | 'by' | 'created'> = {}): void {
    this.rows.push({ table, at: this.now, own, ...where })
  }
}
