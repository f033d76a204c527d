import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { TenantFilters, TenantSort } from '../../../tenants/list/list-store.ts'
import { shownStatuses, type TenantRecord } from '../../../tenants/store.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { toTenantView } from '../../../tenants/view.ts'
import { formats } from '../../formats.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'

const query = z.object({
  search: z.string().trim().max(200).optional().catch(undefined),
  status: z.enum(shownStatuses).optional().catch(undefined),
  tag: z.string().trim().max(64).optional().catch(undefined),
  error: z.string().trim().max(100).optional().catch(undefined),
  missing: z.string().trim().max(200).optional().catch(undefined),
  sort: z
    .enum(['name', '-name', 'status', 'lastSuccessAt', '-lastSuccessAt', 'consentedAt', '-consentedAt'])
    .optional()
    .catch(undefined),
  cursor: z.string().max(2000).optional().catch(undefined),
})

/** Tags of the chosen tenants; `back` is the list as it was. */
const bulkTags = z.object({
  tenant: z.preprocess(value => (value === undefined ? [] : [value].flat()), z.array(z.guid()).max(200)),
  tag: z.string().trim().min(1, 'Write a tag').max(50),
  act: z.enum(['add', 'remove']),
  back: z
    .string()
    .regex(/^\/tenants(\?[^\s]*)?$/)
    .catch('/tenants'),
})

type TenantQuery = z.infer<typeof query>

/** The list of tenants. htmx is sent the table alone, so that a search shows its answer while one types. */
export async function tenantRoutes(app: FastifyInstance, { tenants }: { tenants: Tenants }): Promise<void> {
  app.get('/tenants', { config: { act: 'tenant.read' } }, async (request, reply) => {
    const actor = requireActor(request)
    const wanted = readQuery(request)
    const filters = filtersOf(wanted)
    const [page, count] = await Promise.all([
      tenants.list(actor, filters, { sort: wanted.sort ?? 'name', limit: 50, cursor: wanted.cursor ?? null }),
      tenants.count(actor, filters),
    ])
    const results = {
      tenants: page.items.map(toRow),
      count,
      sorts: sortLinks(wanted),
      filters: filterLinks(wanted),
      isFiltered: Object.keys(filters).length > 0,
      nextHref: page.nextCursor ? href({ ...wanted, cursor: page.nextCursor }) : null,
      hereHref: href(wanted),
      firstHref: wanted.cursor ? href({ ...wanted, cursor: undefined }) : null,
      now: new Date(),
    }
    if (request.headers['hx-request']) return await reply.partial('/tenants/_results', results)

    const { byTag } = await tenants.summarize(actor)
    return await reply
      .header('vary', 'hx-request')
      .page(
        '/tenants/index',
        { title: 'Tenants', section: 'tenants' },
        { ...results, wanted, tags: byTag.map(({ value }) => value) },
      )
  })

  app.post('/tenants/tags', { config: { act: 'tenant.write' } }, async (request, reply) => {
    const form = readInput(bulkTags, request.body)
    const { changed, refused } = await tenants.changeTags(requireActor(request), form.tenant, {
      [form.act]: [form.tag],
    })
    const first = refused[0]
    request.session.flash = {
      kind: first ? 'warning' : 'success',
      text: [
        `${formats.count(changed, 'tenant')} changed.`,
        first && `${formats.count(refused.length, 'tenant')} not: ${first.error.message}.`,
      ]
        .filter(Boolean)
        .join(' '),
    }
    return reply.redirect(form.back, 303)
  })
}

function readQuery(request: FastifyRequest): TenantQuery {
  const wanted = readInput(query, request.query)
  // An empty field of the form asks for nothing.
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value)) as TenantQuery
}

function filtersOf({ search, status, tag, error, missing }: TenantQuery): TenantFilters {
  const filters = { search, status, tag, errorCode: error, missingRole: missing }
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value))
}

function href(wanted: TenantQuery): string {
  const entries = Object.entries(wanted).filter((entry): entry is [string, string] => Boolean(entry[1]))
  const search = new URLSearchParams(entries).toString()
  return search ? `/tenants?${search}` : '/tenants'
}

/** Head cells: where a click leads, and how the table is sorted now. */
function sortLinks(wanted: TenantQuery) {
  const now = wanted.sort ?? 'name'
  const column = (up: TenantSort, down: TenantSort | null, isDownFirst = false) => {
    const [first, second] = isDownFirst && down ? [down, up] : [up, down ?? up]
    return {
      href: href({ ...wanted, sort: now === first ? second : first, cursor: undefined }),
      order: now === up ? 'ascending' : now === down ? 'descending' : undefined,
    }
  }
  return {
    name: column('name', '-name'),
    status: column('status', null),
    lastSuccessAt: column('lastSuccessAt', '-lastSuccessAt', true),
  }
}

/** Filters in force, each with the address without it. */
function filterLinks(wanted: TenantQuery) {
  const labels = { status: 'Status', tag: 'Tag', error: 'Last error', missing: 'Missing' } as const
  return (['status', 'tag', 'error', 'missing'] as const).flatMap(name => {
    const value = wanted[name]
    return value
      ? [
          {
            label: `${labels[name]}: ${value}`,
            href: href({ ...wanted, [name]: undefined, cursor: undefined }),
          },
        ]
      : []
  })
}

/** A row of the list. What needs attention is one line; `whole` is the cause with its remedy. */
function toRow(tenant: TenantRecord) {
  const view = toTenantView(tenant)
  return { ...view, attention: attentionOf(view) }
}

function attentionOf({ lastError, roles, status }: ReturnType<typeof toTenantView>) {
  if (lastError) return { text: lastError.message, whole: `${lastError.message} ${lastError.remedy}` }
  if (roles.missing.length === 0 || status === 'verifying') return null
  const names = roles.missing.map(role => role.slice(role.indexOf(':') + 1)).join(', ')
  const text = `Missing: ${names}`
  return { text, whole: `${text}. Send a new consent link.` }
}
