import type { Hunts } from '../../../hunting/hunts/hunts.ts'
import type { HuntSummary } from '../../../hunting/hunts/model.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { durationOf, firstLine, huntTitle } from './hunt-words.ts'

/** Hunts newest first, as the list shows them. */
export async function listHunts(
  hunts: Hunts,
  actor: Actor,
  { whose, cursor }: { whose: 'mine' | 'all'; cursor?: string | undefined },
) {
  const filters = whose === 'mine' ? { createdById: actor.id } : {}
  const { items, nextCursor } = await hunts.list(actor, filters, { limit: 25, cursor: cursor ?? null })
  const home = whose === 'mine' ? '/hunts?whose=mine' : '/hunts'
  const join = whose === 'mine' ? '&' : '?'
  return {
    hunts: items.map(toLine),
    whose,
    nextHref: nextCursor ? `${home}${join}cursor=${nextCursor}#hunts` : null,
    firstHref: cursor ? `${home}#hunts` : null,
    now: new Date(),
  }
}

/** The actor's last queries, each once, to be taken up again. */
export async function recentHunts(hunts: Hunts, actor: Actor) {
  const { items } = await hunts.list(actor, { createdById: actor.id }, { limit: 30 })
  const latest = new Map<string, HuntSummary>()
  for (const hunt of items) if (!latest.has(hunt.query)) latest.set(hunt.query, hunt)
  return [...latest.values()]
    .slice(0, 8)
    .map(hunt => ({ title: huntTitle(hunt), createdAt: hunt.createdAt, againHref: `/hunts?from=${hunt.id}` }))
}

function toLine(hunt: HuntSummary) {
  return { ...hunt, title: huntTitle(hunt), firstLine: firstLine(hunt.query), durationMs: durationOf(hunt) }
}
