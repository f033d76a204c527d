import { z } from 'zod'
import type { Hunts } from '../../../../hunting/hunts/hunts.ts'
import type { HuntSummary } from '../../../../hunting/hunts/model.ts'
import type { Library } from '../../../../hunting/library/library.ts'
import type { Actor } from '../../../../tenants/actor.ts'
import { readInput } from '../../../read-input.ts'
import { readParameters } from '../../library/forms.ts'
import { type Draft, readDraft } from './draft.ts'

type Sources = { hunts: Hunts; library: Library }

/** Tenants of a hunt that are ticked one by one when it is taken up again; more are named together. */
const mostTicked = 100

const link = z.object({
  /** A hunt that is taken up again. */
  from: z.uuid().optional().catch(undefined),
  /** A query of the library; values of its parameters stand beside it as `parameter.<name>`. */
  saved: z.guid().optional().catch(undefined),
})

/**
 * What stands in the editor when a link opens it: a hunt taken up again, a
 * query of the library with its parameters filled in, or what the link says.
 *
 * @throws AppError `not_found`; `invalid` with `parameters` when a saved query lacks a value
 */
export async function openDraft(sources: Sources, actor: Actor, query: unknown): Promise<Draft> {
  const { from, saved } = readInput(link, query)
  if (from) return readDraft(await takeUp(sources, actor, await sources.hunts.summary(actor, from)))
  const draft = readDraft(query)
  if (!saved) return draft
  const rendered = await sources.library.render(actor, saved, readParameters(query))
  return { ...draft, query: rendered.query, name: draft.name || rendered.name }
}

async function takeUp({ hunts }: Sources, actor: Actor, hunt: HuntSummary): Promise<object> {
  const { query, name, timespan, selection, savedQueryId } = hunt
  const again = { query, name, timespan: timespan ?? undefined, saved: savedQueryId ?? undefined }
  if (selection.kind === 'all') return again
  if (selection.kind === 'tag') return { ...again, scope: 'tag', tag: selection.tag }
  if (hunt.counts.total > mostTicked) return { ...again, scope: 'same', sameAs: hunt.id }
  return { ...again, scope: 'chosen', tenantIds: await tenantsOf(hunts, actor, hunt.id) }
}

/** The tenants that a hunt asked, as far as the actor sees them. @throws AppError `not_found` */
export async function tenantsOf(hunts: Hunts, actor: Actor, huntId: string): Promise<string[]> {
  const { tenants } = await hunts.get(actor, huntId)
  return tenants.map(({ tenantId }) => tenantId)
}
