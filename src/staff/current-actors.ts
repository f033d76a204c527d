import type { Actor } from '../tenants/actor.ts'
import type { KeyStates } from './keys/key-state.ts'
import type { KeyStore } from './keys/store.ts'
import type { StaffSessions } from './sessions/sessions.ts'

/** What shows who asks, for as long as an answer takes. */
export type Credential = { kind: 'session'; idHash: string } | { kind: 'api-key'; id: string }

/** One text for each credential. */
export function credentialKey(credential: Credential): string {
  return `${credential.kind} ${credential.kind === 'session' ? credential.idHash : credential.id}`
}

/**
 * Who is behind many credentials at this moment, in one query for each table.
 *
 * @returns by `credentialKey`; without those that were revoked, stopped, ended or signed out
 */
export function createCurrentActors({
  keys,
  keyStates,
  sessions,
}: {
  keys: Pick<KeyStore, 'byIds'>
  keyStates: KeyStates
  sessions: Pick<StaffSessions, 'actorsBehind'>
}) {
  async function behindKeys(ids: string[]): Promise<[string, Actor][]> {
    const states = await keyStates(ids.length > 0 ? await keys.byIds(ids) : [])
    return [...states].flatMap(([id, { actor }]) =>
      actor ? [[credentialKey({ kind: 'api-key', id }), actor] as [string, Actor]] : [],
    )
  }

  async function behindSessions(idHashes: string[]): Promise<[string, Actor][]> {
    const found = idHashes.length > 0 ? await sessions.actorsBehind(idHashes) : new Map<string, Actor>()
    return [...found].map(([idHash, actor]) => [credentialKey({ kind: 'session', idHash }), actor])
  }

  return async (credentials: readonly Credential[]): Promise<Map<string, Actor>> => {
    const ids = credentials.flatMap(one => (one.kind === 'api-key' ? [one.id] : []))
    const idHashes = credentials.flatMap(one => (one.kind === 'session' ? [one.idHash] : []))
    const [behindKey, behindSession] = await Promise.all([behindKeys(ids), behindSessions(idHashes)])
    return new Map([...behindKey, ...behindSession])
  }
}

export type CurrentActors = ReturnType<typeof createCurrentActors>
