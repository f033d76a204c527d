import type { ParameterDeclaration } from '../query/query-analysis.ts'
import type { Tactic } from './tactics.ts'

/** What a person writes when a query is saved. */
export type QueryDraft = {
  name: string
  description: string
  /** null when it belongs to no tactic */
  tactic: Tactic | null
  /** ids of ATT&CK techniques */
  techniques: string[]
  tags: string[]
  /** KQL, parameters declared in it */
  query: string
}

/** A draft that was found right, with what its analysis found. */
export type AnalyzedDraft = QueryDraft & {
  declarations: ParameterDeclaration[]
  /** names of the result's columns, as far as they are known */
  columns: string[]
  /** saved in spite of objections to names and types */
  allowUnknownNames: boolean
}

/** A placeholder of a saved query. */
export type QueryParameter = Omit<ParameterDeclaration['parameters'][number], 'literal'>

export type SavedQueryView = QueryDraft & {
  id: string
  /** Came with Tenantry: copied rather than changed. */
  isBuiltIn: boolean
  /** Short name that stays, of one that came with Tenantry; null for others. */
  slug: string | null
  version: number
  owner: string
  ownerId: string
  createdAt: string
  updatedAt: string
  parameters: QueryParameter[]
  /** Names of the result's columns, as far as they are known. */
  columns: string[]
  /** Saved in spite of objections to names and types. */
  allowUnknownNames: boolean
}

export type QueryVersionView = QueryDraft & {
  version: number
  parameters: QueryParameter[]
  changedBy: string
  changedAt: string
}

export type QueryFilters = {
  /** part of the name, description, text or of a technique */
  search?: string
  tactic?: Tactic
  tag?: string
  builtIn?: boolean
}
