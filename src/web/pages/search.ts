import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Library } from '../../hunting/library/library.ts'
import { readEntity } from '../../incidents/entities.ts'
import type { Queue } from '../../incidents/queue/queue.ts'
import type { SavedViews } from '../../incidents/saved-views/saved-views.ts'
import type { Actor } from '../../tenants/actor.ts'
import { may } from '../../tenants/permissions.ts'
import type { Tenants } from '../../tenants/tenants.ts'
import { navigationFor } from '../navigation.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { readInput } from '../read-input.ts'
import { incidentHref } from './incidents/queue/queue.ts'
import { queueHref } from './incidents/queue/queue-address.ts'
import { savedViewHref } from './incidents/queue/saved-view-list.ts'

type SearchOptions = { tenants: Tenants; library: Library; queue: Queue; savedViews: SavedViews }

/** One thing that was found; `detail` tells it from others of the same name. */
type Hit = { label: string; detail: string | null; href: string }
type Group = { label: string; hits: Hit[] }

const perGroup = 6

const query = z.object({ q: z.string().trim().max(200).catch('').default('') })

/** Finds anything that one may see, for the page and for the box that Ctrl+K opens. */
export async function searchRoutes(app: FastifyInstance, options: SearchOptions): Promise<void> {
  app.get('/search', { config: { act: 'tenant.read' } }, async (request, reply) => {
    const { q } = readInput(query, request.query)
    const groups = await find(options, requireActor(request), q)
    if (request.headers['hx-request']) return await reply.partial('/search/_results', { groups, q })
    return await reply.header('vary', 'hx-request').page('/search/index', { title: 'Search' }, { groups, q })
  })
}

async function find(options: SearchOptions, actor: Actor, q: string): Promise<Group[]> {
  const { tenants, library, queue, savedViews } = options
  const pages = pagesFor(actor).filter(({ label }) => label.toLowerCase().includes(q.toLowerCase()))
  if (q === '') return [{ label: 'Go to', hits: pages }]

  const entity = readEntity(q)
  const [found, saved, titled, named, views] = await Promise.all([
    tenants.list(actor, { search: q }, { limit: perGroup }),
    library.list(actor, { search: q }, { limit: perGroup }),
    queue.list(actor, { search: q }, { limit: perGroup }),
    entity ? queue.count(actor, { entity }) : null,
    savedViews.list(actor),
  ])
  const groups = [
    { label: 'Go to', hits: pages },
    {
      label: 'Tenants',
      hits: found.items.map(({ id, name, domain }) => ({
        label: name,
        detail: domain,
        href: `/tenants/${id}`,
      })),
    },
    {
      label: 'Incidents',
      hits: titled.items.map(({ id, title, tenantName }) => ({
        label: title,
        detail: tenantName,
        href: incidentHref(id),
      })),
    },
    { label: 'Evidence', hits: named && named.total > 0 ? [evidenceHit(q, named.total)] : [] },
    {
      label: 'Saved views',
      hits: views
        .filter(({ name }) => name.toLowerCase().includes(q.toLowerCase()))
        .slice(0, perGroup)
        .map(view => ({
          label: view.name,
          detail: view.isOwn ? null : view.owner,
          href: savedViewHref(view),
        })),
    },
    {
      label: 'Saved queries',
      hits: saved.items.map(({ id, name, tactic }) => ({
        label: name,
        detail: tactic,
        href: `/library/${id}`,
      })),
    },
  ]
  return groups.filter(({ hits }) => hits.length > 0)
}

function evidenceHit(q: string, total: number): Hit {
  return {
    label: `Incidents with “${q}” in the evidence`,
    detail: String(total),
    href: queueHref({ entity: q, status: ['all'] }),
  }
}

/** Pages, and what one may begin. */
function pagesFor(actor: Actor): Hit[] {
  const begin = [
    { label: 'Invite a customer', href: '/invitations/new', act: 'invitation.create' },
    { label: 'Connect existing tenants', href: '/connect', act: 'tenant.connect' },
    { label: 'New query in the library', href: '/library/new', act: 'query.write' },
  ] as const
  return [
    ...navigationFor(actor).map(({ label, href }) => ({ label, href, detail: null })),
    ...begin.filter(({ act }) => may(actor, act)).map(({ label, href }) => ({ label, href, detail: null })),
  ]
}
