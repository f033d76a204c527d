import { AppError } from '../../errors.ts'
import type { QueryVersionView, SavedQueryView } from './model.ts'
import { parametersOf, type QueryParameter } from './parameters.ts'
import type { QueryRecord, VersionRecord } from './store.ts'
import { type Tactic, tacticNames } from './tactics.ts'

export function toSavedQuery(record: QueryRecord): SavedQueryView {
  const { id, name, description, techniques, tags, query, version, owner, ownerId } = record
  return {
    id,
    name,
    description,
    tactic: readTactic(record.tactic),
    techniques,
    tags,
    query,
    isBuiltIn: record.builtIn !== null,
    slug: record.builtIn,
    version,
    owner,
    ownerId,
    createdAt: record.createdAt.toISOString(),
    updatedAt: record.updatedAt.toISOString(),
    parameters: readParameters(query),
  }
}

export function toVersion(record: VersionRecord): QueryVersionView {
  const { version, name, description, techniques, tags, query, changedBy } = record
  const tactic = readTactic(record.tactic)
  const changedAt = record.changedAt.toISOString()
  return { version, name, description, tactic, techniques, tags, query, changedBy, changedAt }
}

function readTactic(tactic: string | null): Tactic | null {
  return tacticNames.find(known => known === tactic) ?? null
}

/** Parsing takes a millisecond or two, and the same texts come again and again. */
const known = new Map<string, QueryParameter[]>()

function readParameters(query: string): QueryParameter[] {
  const found = known.get(query)
  if (found) return found
  let parameters: QueryParameter[]
  try {
    parameters = parametersOf(query)
  } catch (error) {
    // Saved before a rule that would refuse it now: shown as it is, refused when it is run.
    if (!(error instanceof AppError)) throw error
    parameters = []
  }
  if (known.size >= 1000) known.clear()
  known.set(query, parameters)
  return parameters
}
