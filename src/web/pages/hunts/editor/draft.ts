import { z } from 'zod'
import type { HuntRequest, TenantChoice } from '../../../../hunting/hunts/model.ts'
import { maxQueryLength } from '../../../../hunting/query/query-analysis.ts'
import { readInput } from '../../../read-input.ts'

/** Time spans that the form offers; live tenants keep 30 days. */
export const timespans = [
  { value: 'PT1H', label: 'Last hour' },
  { value: 'P1D', label: 'Last 24 hours' },
  { value: 'P3D', label: 'Last 3 days' },
  { value: 'P7D', label: 'Last 7 days' },
  { value: 'P14D', label: 'Last 14 days' },
  { value: 'P30D', label: 'Last 30 days' },
]

const text = (most: number) => z.string().max(most).catch('').default('')
const ids = z
  .union([z.array(z.guid()), z.guid().transform(id => [id])])
  .catch([])
  .default([])

const form = z.object({
  // A query that is too long is kept: the check says so, and nothing typed is lost.
  query: text(maxQueryLength * 2),
  name: text(200),
  timespan: z.string().max(100).catch('P30D').default('P30D'),
  scope: z.enum(['all', 'tag', 'chosen', 'same']).catch('all').default('all'),
  tag: text(64),
  tenantIds: ids,
  tenantSearch: text(200),
  /** For the scope `same`: the hunt whose tenants are asked again. */
  sameAs: z.uuid().optional().catch(undefined),
  /** The query of the library that the hunt belongs to. */
  saved: z.guid().optional().catch(undefined),
  allowUnknownNames: z.literal('true').optional().catch(undefined),
})

/** What stands in the editor's form, filled in or not. */
export type Draft = z.infer<typeof form>

/** Reads the form, or a link that fills it in. Never throws: what makes no sense counts as not given. */
export function readDraft(body: unknown): Draft {
  const draft = readInput(form, body)
  // Forms end lines with CR LF; positions in the query count them as the editor does.
  return { ...draft, query: draft.query.replaceAll('\r\n', '\n') }
}

/** The hunt that a form asks for. `sameIds`: for the scope `same`, the tenants of that hunt. */
export function toRequest(draft: Draft, sameIds: string[] = []): HuntRequest {
  return {
    query: draft.query,
    tenants: tenantsOf(draft, sameIds),
    timespan: draft.timespan || null,
    name: draft.name.trim() || null,
    allowUnknownNames: draft.allowUnknownNames === 'true',
    savedQueryId: draft.saved ?? null,
  }
}

function tenantsOf({ scope, tag, tenantIds }: Draft, sameIds: string[]): TenantChoice {
  if (scope === 'tag') return { tag }
  if (scope === 'same') return sameIds
  return scope === 'chosen' ? tenantIds : 'all'
}
