import { type Account, systemAccount } from '../accounts.ts'
import type { Alert, MessageFact, ProcessFact } from '../alert-model.ts'
import type { Device } from '../devices.ts'
import { type FileImage, fullPath, windowsImage } from '../images.ts'
import type { Random } from '../random.ts'
import type { RowValues } from '../rows.ts'
import type { TenantInventory } from '../tenant-inventory.ts'
import { type Ticks, ticksPerMs, ticksPerSecond } from '../ticks.ts'
import { mailRows, type SignIn, signInRow } from './cloud-rows.ts'
import {
  connectionRow,
  deviceEventRow,
  fileRow,
  imageLoadRow,
  type Logon,
  logonRow,
  processRow,
  registryRow,
} from './device-rows.ts'
import { type AlertDraft, raisedAlert } from './draft-alert.ts'
import type { StoryRow } from './story-row.ts'

/**
 * Tells a story: each step leaves its rows in the hunting tables and moves the story's clock, and an alert
 * refers to what has happened so far.
 */
export class StoryBuilder {
  readonly inventory: TenantInventory
  readonly random: Random
  readonly start: Ticks
  readonly alerts: Alert[] = []
  readonly rows: StoryRow[] = []
  now: Ticks

  constructor(inventory: TenantInventory, random: Random, start: Ticks) {
    this.inventory = inventory
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
    const usable = this.inventory.huntable.filter(device => !device.isServer)
    return this.random.pick(usable.length > 0 ? usable : this.inventory.devices)
  }

  server(): Device {
    const usable = this.inventory.huntable.filter(device => device.isServer)
    return this.random.pick(usable.length > 0 ? usable : this.inventory.devices)
  }

  account(): Account {
    return this.random.pick(this.inventory.accounts)
  }

  admin(): Account {
    return this.random.pick(this.inventory.accounts.filter(account => account.isAdmin))
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
    this.rows.push(processRow(this.#deed(parent), process))
    return process
  }

  connect(by: ProcessFact, ip: string, port: number, url = '', action = 'ConnectionSuccess'): void {
    this.wait(2)
    this.rows.push(connectionRow(this.#deed(by), { ip, port, url }, action))
  }

  file(by: ProcessFact, action: string, file: FileImage, more: RowValues = {}): void {
    this.wait(2)
    this.rows.push(fileRow(this.#deed(by), action, file, more))
  }

  registry(by: ProcessFact, key: string, name: string, data: string, action = 'RegistryValueSet'): void {
    this.wait(1)
    this.rows.push(registryRow(this.#deed(by), { key, name, data }, action))
  }

  load(by: ProcessFact, library: FileImage): void {
    this.wait(1)
    this.rows.push(imageLoadRow(this.#deed(by), library))
  }

  /** A row of DeviceEvents; `additional` becomes the JSON text of AdditionalFields. */
  deviceEvent(by: ProcessFact, action: string, own: RowValues = {}, additional: object = {}): void {
    this.wait(1)
    this.rows.push(deviceEventRow(this.#deed(by), action, own, additional))
  }

  logon(device: Device, account: Account, how: Logon): void {
    this.wait(2)
    this.rows.push(logonRow(this.now, this.random, device, account, how))
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
      IPAddress: this.inventory.devices[0]?.externalIp ?? '',
      IsClickedThrough: isAllowed,
      UrlChain: JSON.stringify([url]),
      ReportId: this.random.guid(),
      AppName: 'Outlook',
    })
  }

  signIn(account: Account, details: SignIn): void {
    this.wait(3)
    this.rows.push(...signInRow(account, details, this.inventory, this.now, this.random))
  }

  /** A row of a table that has no method of its own. */
  add(table: string, own: RowValues): void {
    this.rows.push({ table, at: this.now, own })
  }

  /** Raises an alert some minutes after what led to it. */
  alert(draft: AlertDraft): Alert {
    const first = this.alerts.at(-1)?.lastActivity ?? this.start
    const last = this.now
    this.wait(150)
    const alert = raisedAlert(draft, { first, last, raised: this.now }, this.random)
    this.alerts.push(alert)
    return alert
  }

  #deed(by: ProcessFact) {
    return { at: this.now, by, random: this.random }
  }
}
