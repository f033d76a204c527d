import { z } from 'zod'
import { parameterTypes } from '../query/literals.ts'
import type { ParameterDeclaration } from '../query/query-analysis.ts'
import type { QueryParameter, QueryVersionView, SavedQueryView } from './model.ts'
import type { QueryRecord, VersionRecord } from './store.ts'
import { type Tactic, tacticNames } from './tactics.ts'

const declarations = z.array(
  z.object({
    start: z.number(),
    end: z.number(),
    parameters: z.array(
      z.object({
        name: z.string(),
        type: z.enum(parameterTypes),
        defaultValue: z.string().nullable(),
        literal: z.string().nullable(),
      }),
    ),
  }),
)

/** Where a saved text declares parameters, as its row says; none while it was not analysed yet. */
export function readDeclarations(stored: unknown): ParameterDeclaration[] {
  return declarations.nullable().parse(stored) ?? []
}

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
    parameters: parametersOf(record.declarations),
    columns: record.columns,
    allowUnknownNames: record.allowUnknownNames,
  }
}

export function toVersion(record: VersionRecord): QueryVersionView {
  const { version, name, description, techniques, tags, query, changedBy } = record
  return {
    version,
    name,
    description,
    tactic: readTactic(record.tactic),
    techniques,
    tags,
    query,
    parameters: parametersOf(record.declarations),
    changedBy,
    changedAt: record.changedAt.toISOString(),
  }
}

function parametersOf(stored: unknown): QueryParameter[] {
  return readDeclarations(stored).flatMap(({ parameters }) =>
    parameters.map(({ name, type, defaultValue }) => ({ name, type, defaultValue })),
  )
}

function readTactic(tactic: string | null): Tactic | null {
  return tacticNames.find(known => known === tactic) ?? null
}
