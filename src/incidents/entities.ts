import type { Alert, Evidence } from '../microsoft/defender/index.ts'

export const entityKinds = [
  'host',
  'device',
  'user',
  'ip',
  'hash',
  'url',
  'domain',
  'mailbox',
  'sender',
  'file',
  'process',
] as const
export type EntityKind = (typeof entityKinds)[number]

/** Something that evidence names. `isAlias`: another way to write what the same evidence names already. */
export type Entity = { kind: EntityKind; value: string; label: string; isAlias: boolean }

/** An entity of an incident with the times of the alerts that name it; ISO 8601 UTC. */
export type SeenEntity = Entity & { firstSeenAt: string; lastSeenAt: string }

/** Values are part of an index, whose entries are limited in bytes. */
const longestValue = 600

/** What people and programs call the kinds beside our own names. */
const synonyms: Record<string, EntityKind> = {
  address: 'ip',
  computer: 'host',
  machine: 'host',
  account: 'user',
  email: 'mailbox',
  sha1: 'hash',
  sha256: 'hash',
  md5: 'hash',
}

/** How a value is compared: lower-cased, without spaces around, cut. */
export function normalizeEntity(value: string): string {
  return value.trim().toLowerCase().slice(0, longestValue).toWellFormed()
}

/**
 * Reads `value` or `kind:value`. Addresses and URLs hold colons themselves, so
 * that only a known kind counts as one.
 *
 * @returns null when there is no value
 */
export function readEntity(text: string): { kind: EntityKind | null; value: string } | null {
  const [, name = '', rest = ''] = /^([a-z0-9]+):(.*)$/is.exec(text.trim()) ?? []
  const kind = kindOf(name.toLowerCase())
  const value = normalizeEntity(kind === null ? text : rest)
  return value === '' ? null : { kind, value }
}

function kindOf(name: string): EntityKind | null {
  if (Object.hasOwn(synonyms, name)) return synonyms[name] ?? null
  return entityKinds.find(kind => kind === name) ?? null
}

/** What one piece of evidence names; the first of a kind is its proper name, aliases follow. */
export function entitiesOf({ kind, title, facts, deviceId }: Evidence): Entity[] {
  switch (kind) {
    case 'device':
      return [...hostNames(title), ...named('device', [deviceId])]
    case 'user':
      return named('user', [
        title,
        facts.upn,
        accountName(facts),
        facts.account,
        facts.sid,
        facts.entraUserId,
      ])
    case 'process':
      return [...named('process', [facts.commandLine]), ...hashes(facts)]
    case 'file':
      return [...named('file', [title]), ...hashes(facts)]
    case 'ip':
      return named('ip', [title])
    case 'url':
      return urlNames([title])
    case 'mailbox':
      return named('mailbox', [title, facts.upn])
    case 'message':
      return [
        ...named('sender', [facts.sender]),
        ...named('mailbox', [facts.recipient]),
        ...named('ip', [facts.senderIp]),
        ...urlNames(facts.urls?.split(', ') ?? []),
      ]
    default:
      return []
  }
}

/** The entities of an incident's alerts, each once. */
export function collectEntities(alerts: readonly Alert[]): SeenEntity[] {
  const found = new Map<string, SeenEntity>()
  for (const alert of alerts) {
    const first = alert.firstActivityAt ?? alert.createdAt
    const [, last = first] = [first, alert.lastActivityAt ?? first].sort()
    for (const entity of alert.evidence.flatMap(entitiesOf)) {
      const key = `${entity.kind} ${entity.value}`
      const known = found.get(key)
      if (!known) {
        found.set(key, { ...entity, firstSeenAt: first, lastSeenAt: last })
        continue
      }
      known.isAlias &&= entity.isAlias
      if (first < known.firstSeenAt) known.firstSeenAt = first
      if (last > known.lastSeenAt) known.lastSeenAt = last
    }
  }
  return [...found.values()]
}

/** Readers write this where a surface told no name: it names nothing. */
const unnamed = /^(unnamed|message without) /

function named(kind: EntityKind, labels: readonly (string | null | undefined)[]): Entity[] {
  const entities = new Map<string, Entity>()
  for (const label of labels) {
    if (!label || unnamed.test(label)) continue
    const value = normalizeEntity(label)
    if (value === '' || entities.has(value)) continue
    entities.set(value, {
      kind,
      value,
      label: label.slice(0, longestValue).toWellFormed(),
      isAlias: entities.size > 0,
    })
  }
  return [...entities.values()]
}

/** A host is looked for by its short name, too. */
function hostNames(name: string): Entity[] {
  const [short] = name.split('.')
  return named('host', [name, short])
}

function accountName({ domain, account }: Evidence['facts']): string | null {
  return domain && account ? `${domain}\\${account}` : null
}

function hashes({ sha256, sha1, md5 }: Evidence['facts']): Entity[] {
  return named('hash', [sha256, sha1, md5])
}

function urlNames(urls: readonly string[]): Entity[] {
  return urls.flatMap(url => {
    const host = URL.canParse(url) ? new URL(url).hostname : null
    return [...named('url', [url]), ...named('domain', [host])]
  })
}
