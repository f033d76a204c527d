import type { QueryParameter } from './parameters.ts'
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
}

export type QueryVersionView = QueryDraft & {
  version: number
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
