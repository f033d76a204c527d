import type { Actor } from '../tenants/actor.ts'

/** A key, and who made it, by the name that the audit knows them by. */
export type KnownKey = { id: string; name: string; createdBy: string }

/** What is made on the command line has nobody behind it who is known. */
const nobody = new Set(['command line', 'tenantry'])

/**
 * Everybody who may be behind an actor: a person's user name; for a key the
 * key itself, whoever made it, and, where that was a key too, whoever made
 * that one.
 */
function peopleBehind(
  { kind, id, label }: Pick<Actor, 'kind' | 'id' | 'label'>,
  keys: readonly KnownKey[],
): Set<string> {
  const people = new Set([`${kind} ${id}`])
  const names = kind === 'api-key' ? keys.filter(key => key.id === id).map(key => key.createdBy) : [label]
  const looked = new Set<string>()
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const known = name.trim().toLowerCase()
    if (looked.has(known)) continue
    looked.add(known)
    if (!nobody.has(known)) people.add(known)
    // A name may be a key's: several keys can have it, and each counts.
    if (kind === 'api-key') {
      for (const key of keys) if (key.name.trim().toLowerCase() === known) names.push(key.createdBy)
    }
  }
  return people
}

/** Whether the same person may be behind both: in doubt they are. */
export function maySamePerson(
  one: Pick<Actor, 'kind' | 'id' | 'label'>,
  other: Pick<Actor, 'kind' | 'id' | 'label'>,
  keys: readonly KnownKey[],
): boolean {
  const people = peopleBehind(one, keys)
  return [...peopleBehind(other, keys)].some(person => people.has(person))
}
