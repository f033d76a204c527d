import type { Account } from '../accounts.ts'
import type { Evidence, EvidenceRole, MessageFact, ProcessFact } from '../alert-model.ts'
import type { Device } from '../devices.ts'
import type { FileImage } from '../images.ts'

type Judgement = { role?: EvidenceRole; verdict?: Evidence['verdict']; remediation?: Evidence['remediation'] }

function judged(judgement: Judgement) {
  return {
    role: judgement.role ?? 'contextual',
    verdict: judgement.verdict ?? 'suspicious',
    remediation: judgement.remediation ?? 'none',
  } as const
}

/** Short ways to write evidence. */
export const evidence = {
  device: (device: Device, judgement: Judgement = {}): Evidence => ({
    kind: 'device',
    device,
    ...judged({ role: 'compromised', verdict: 'unknown', ...judgement }),
  }),
  user: (account: Account, judgement: Judgement = {}): Evidence => ({
    kind: 'user',
    account,
    ...judged({ role: 'compromised', ...judgement }),
  }),
  process: (process: ProcessFact, judgement: Judgement = {}): Evidence => ({
    kind: 'process',
    process,
    ...judged(judgement),
  }),
  file: (file: FileImage, device: Device | null, judgement: Judgement = {}): Evidence => ({
    kind: 'file',
    file,
    device,
    ...judged({ verdict: 'malicious', ...judgement }),
  }),
  ip: (address: string, country: string, judgement: Judgement = {}): Evidence => ({
    kind: 'ip',
    address,
    country,
    ...judged({ role: 'attacker', ...judgement }),
  }),
  url: (url: string, judgement: Judgement = {}): Evidence => ({ kind: 'url', url, ...judged(judgement) }),
  mailbox: (account: Account, judgement: Judgement = {}): Evidence => ({
    kind: 'mailbox',
    account,
    ...judged({ role: 'attacked', ...judgement }),
  }),
  message: (message: MessageFact, judgement: Judgement = {}): Evidence => ({
    kind: 'message',
    message,
    ...judged(judgement),
  }),
  registry: (device: Device, hive: string, key: string, name: string, data: string): Evidence => ({
    kind: 'registry',
    device,
    hive,
    key,
    name,
    data,
    ...judged({}),
  }),
  cloudApp: (appId: number, name: string): Evidence => ({ kind: 'cloudApp', appId, name, ...judged({}) }),
  oauthApp: (appId: string, objectId: string, name: string, publisher: string): Evidence => ({
    kind: 'oauthApp',
    appId,
    objectId,
    name,
    publisher,
    ...judged({ verdict: 'malicious' }),
  }),
}
