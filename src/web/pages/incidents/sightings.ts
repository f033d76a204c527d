import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { IgnoredIndicators } from '../../../incidents/sightings/ignored.ts'
import { type IndicatorKind, indicatorKinds } from '../../../incidents/sightings/kinds.ts'
import type { Sightings, SightingView } from '../../../incidents/sightings/sightings.ts'
import { isLimited } from '../../../tenants/actor.ts'
import { may } from '../../../tenants/permissions.ts'
import { type FormErrors, formErrors } from '../../errors/form-errors.ts'
import { formats } from '../../formats.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import { incidentHref } from './queue/queue.ts'
import { queueHref } from './queue/queue-address.ts'
import { suggestedHunt } from './suggested-hunts.ts'

const dayMs = 86_400_000
const perPage = 50
/** Of a value in more tenants or incidents, the number is told, and the queue has them all. */
const shown = { tenants: 20, incidents: 5 }

export const kindNames: Record<IndicatorKind, string> = {
  hash: 'File hash',
  ip: 'IP address',
  domain: 'Domain',
  sender: 'Sender',
  process: 'Command line',
}

const kindOptions = indicatorKinds.map(kind => ({ value: kind, label: kindNames[kind] }))

const spans = [
  { value: '1', label: 'Last 24 hours' },
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
]

const address = z.object({
  kind: z.enum(indicatorKinds).optional().catch(undefined),
  days: z.enum(['1', '7', '30', '90']).catch('7').default('7'),
  cursor: z.guid().optional().catch(undefined),
})

const text = (most: number) => z.string().trim().max(most).catch('').default('')
const ignoredForm = z.object({
  kind: z.enum(indicatorKinds).catch('ip').default('ip'),
  pattern: text(600),
  note: text(200),
  /** The page that the button stood on. */
  back: z.literal('sightings').optional().catch(undefined),
})
type IgnoredForm = z.infer<typeof ignoredForm>

const noErrors: FormErrors = { fields: {}, whole: null }
const section = 'sightings' as const

type SightingOptions = { sightings: Sightings; ignoredIndicators: IgnoredIndicators }
type ById = { Params: { id: string } }

/** Indicators seen in several tenants, and the list of common values that are left out. */
export async function sightingRoutes(
  app: FastifyInstance,
  { sightings, ignoredIndicators }: SightingOptions,
): Promise<void> {
  const change = { config: { act: 'sighting.ignore' } } as const

  app.get('/sightings', { config: { act: 'incident.read' } }, async (request, reply) => {
    const actor = requireActor(request)
    const { kind, days, cursor } = readInput(address, request.query)
    const page = await sightings.list(actor, {
      since: new Date(Date.now() - Number(days) * dayMs),
      kinds: kind ? [kind] : undefined,
      limit: perPage,
      cursor,
    })
    const href = (more: Record<string, string>) => {
      const query = new URLSearchParams({
        ...(kind ? { kind } : {}),
        ...(days === '7' ? {} : { days }),
        ...more,
      })
      return `/sightings${query.size > 0 ? `?${query}` : ''}`
    }
    return await reply.page(
      '/sightings/index',
      { title: 'Sightings', section },
      {
        sightings: page.items.map(toRow),
        wanted: { kind, days },
        isFiltered: kind !== undefined,
        kindOptions: [{ value: '', label: 'Every kind' }, ...kindOptions],
        spans,
        mayIgnore: may(actor, 'sighting.ignore') && !isLimited(actor),
        nextHref: page.nextCursor ? href({ cursor: page.nextCursor }) : null,
        firstHref: cursor ? href({}) : null,
        now: new Date(),
      },
    )
  })

  app.get('/sightings/ignored', change, async (request, reply) =>
    listPage(request, reply, ignoredForm.parse({}), noErrors),
  )

  app.post('/sightings/ignored', change, async (request, reply) => {
    const form = readInput(ignoredForm, request.body)
    try {
      const { kind, pattern: typed, note } = form
      const draft = { kind, pattern: typed, note: note || undefined }
      const { pattern } = await ignoredIndicators.add(requireActor(request), draft)
      request.session.flash = {
        kind: 'success',
        text: `${kindNames[form.kind]} ${pattern} is ignored from now on. The list of ignored values has it.`,
      }
    } catch (error) {
      return await listPage(request, reply.code(422), form, formErrors(error))
    }
    return reply.redirect(form.back === 'sightings' ? '/sightings' : '/sightings/ignored', 303)
  })

  app.post<ById>('/sightings/ignored/:id/removal', change, async (request, reply) => {
    await ignoredIndicators.remove(requireActor(request), request.params.id)
    request.session.flash = { kind: 'success', text: 'The value counts as a sighting again.' }
    return reply.redirect('/sightings/ignored', 303)
  })

  async function listPage(
    request: FastifyRequest,
    reply: FastifyReply,
    form: IgnoredForm,
    errors: FormErrors,
  ) {
    const ignored = await ignoredIndicators.list(requireActor(request))
    return await reply.page(
      '/sightings/ignored',
      { title: 'Ignored values', section, breadcrumbs: [{ href: '/sightings', label: 'Sightings' }] },
      {
        ignored: ignored.map(one => ({ ...one, kindName: kindNames[one.kind as IndicatorKind] ?? one.kind })),
        form,
        errors,
        kindOptions,
      },
    )
  }
}

/** What the page and the dashboard show of one indicator. */
export function toRow({ kind, value, label, tenants, firstSeenAt, lastSeenAt }: SightingView) {
  const incidents = tenants.reduce((sum, one) => sum + one.incidents.length, 0)
  return {
    kind,
    kindName: kindNames[kind],
    value,
    label,
    firstSeenAt,
    lastSeenAt,
    counts: `${formats.count(tenants.length, 'tenant')}, ${formats.count(incidents, 'incident')}`,
    tenants: tenants.slice(0, shown.tenants).map(({ tenantId, tenantName, incidents }) => ({
      tenantName,
      href: queueHref({ entity: `${kind}:${value}`, status: ['all'], tenant: [tenantId] }),
      incidents: incidents
        .slice(0, shown.incidents)
        .map(id => ({ href: incidentHref(id), number: numberOf(id) })),
      more: Math.max(0, incidents.length - shown.incidents),
    })),
    moreTenants: Math.max(0, tenants.length - shown.tenants),
    queueHref: queueHref({ entity: `${kind}:${value}`, status: ['all'] }),
    huntHref: suggestedHunt(null, { kind, label, value }),
  }
}

function numberOf(id: string): string {
  return `#${id.slice(id.indexOf(':') + 1)}`
}
