import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import type { SavedViews } from '../../../../incidents/saved-views/saved-views.ts'
import type { Actor } from '../../../../tenants/actor.ts'
import { may } from '../../../../tenants/permissions.ts'
import { type FormErrors, formErrors } from '../../../errors/form-errors.ts'
import { requireActor } from '../../../plugins/access/actors.ts'
import { readInput } from '../../../read-input.ts'
import { type ColumnName, movedColumns, readColumns } from './columns.ts'
import { queueHref, readQueueQuery } from './queue-address.ts'
import { canonical, savedViewHref } from './saved-view-list.ts'

type ById = { Params: { id: string } }

const flag = z.literal('true').optional().catch(undefined)
const text = z.string().max(20_000).catch('').default('')

const form = z.object({ name: text, query: text, isShared: flag, replace: flag })
type ViewForm = z.infer<typeof form>

const names = z.preprocess(
  value => (value === undefined ? [] : [value].flat()),
  z.array(z.string().max(50)).max(50).catch([]),
)
const columnForm = z.object({ query: text, column: names, up: text, down: text, reset: flag })

/** Views of the queue under names, and the columns that somebody chose. */
export async function savedViewRoutes(
  app: FastifyInstance,
  { savedViews }: { savedViews: SavedViews },
): Promise<void> {
  const act = 'incident.read' as const

  app.get('/incidents/views', { config: { act } }, async (request, reply) =>
    listPage(reply, requireActor(request), null, null),
  )

  app.post('/incidents/views', { config: { act } }, async (request, reply) => {
    const actor = requireActor(request)
    const { name, query, isShared, replace } = readInput(form, request.body)
    const view = { name, query: canonical(query), isShared: isShared === 'true' }
    try {
      const saved = await savedViews.save(actor, view, { replace: replace === 'true' })
      request.session.flash = { kind: 'success', text: `The view “${saved.name}” is saved.` }
      return reply.redirect(savedViewHref(saved), 303)
    } catch (error) {
      const filled = { ...view, isShared, replace }
      return await savePage(reply.code(422), filled, formErrors(error))
    }
  })

  app.post<ById>('/incidents/views/:id/name', { config: { act } }, async (request, reply) => {
    const actor = requireActor(request)
    const { name } = readInput(form, request.body)
    try {
      await savedViews.rename(actor, request.params.id, name)
    } catch (error) {
      return await listPage(reply.code(422), actor, request.params.id, formErrors(error))
    }
    request.session.flash = { kind: 'success', text: 'The view has its new name.' }
    return reply.redirect('/incidents/views', 303)
  })

  app.post<ById>('/incidents/views/:id/sharing', { config: { act } }, async (request, reply) => {
    const isShared = readInput(form, request.body).isShared === 'true'
    await savedViews.share(requireActor(request), request.params.id, isShared)
    const text = isShared ? 'The view is shared with all staff.' : 'The view is no longer shared.'
    request.session.flash = { kind: 'success', text }
    return reply.redirect('/incidents/views', 303)
  })

  app.post<ById>('/incidents/views/:id/removal', { config: { act } }, async (request, reply) => {
    await savedViews.remove(requireActor(request), request.params.id)
    request.session.flash = { kind: 'success', text: 'The view is deleted.' }
    return reply.redirect('/incidents/views', 303)
  })

  app.post<ById>('/incidents/views/:id/default', { config: { act } }, async (request, reply) => {
    await savedViews.setDefault(requireActor(request), request.params.id)
    request.session.flash = { kind: 'success', text: 'The queue opens with this view.' }
    return reply.redirect('/incidents/views', 303)
  })

  app.post('/incidents/views/no-default', { config: { act } }, async (request, reply) => {
    await savedViews.setDefault(requireActor(request), null)
    request.session.flash = { kind: 'success', text: 'The queue opens with every open incident.' }
    return reply.redirect('/incidents/views', 303)
  })

  app.post('/incidents/columns', { config: { act } }, async (request, reply) => {
    const actor = requireActor(request)
    const wanted = readInput(columnForm, request.body)
    const columns = columnsOf(wanted)
    await savedViews.setColumns(actor, columns)
    const here = readQueueQuery(wanted.query)
    return reply.redirect(queueHref({ ...here, cursor: '', columns: columns ?? [] }), 303)
  })

  async function savePage(reply: FastifyReply, filled: ViewForm, errors: FormErrors): Promise<FastifyReply> {
    const isTaken = errors.fields.name !== undefined
    return await reply.page(
      '/incidents/save-view',
      { title: 'Save view', section: 'incidents', breadcrumbs },
      { form: filled, errors, isTaken, backHref: `/incidents?${filled.query}` },
    )
  }

  async function listPage(
    reply: FastifyReply,
    actor: Actor,
    renamedId: string | null,
    errors: FormErrors | null,
  ): Promise<FastifyReply> {
    const views = await savedViews.list(actor)
    const listed = views.map(view => ({
      ...view,
      href: savedViewHref(view),
      mayShare: view.isOwn && may(actor, 'view.share'),
      mayEndSharing: view.isShared && (view.isOwn || may(actor, 'view.manage')),
      mayRemove: view.isOwn || may(actor, 'view.manage'),
      error: view.id === renamedId ? errors : null,
    }))
    return await reply.page(
      '/incidents/views',
      { title: 'Saved views', section: 'incidents', breadcrumbs },
      { views: listed, hasDefault: views.some(({ isDefault }) => isDefault) },
    )
  }
}

function columnsOf({ column, up, down, reset }: z.infer<typeof columnForm>): ColumnName[] | null {
  const shown = readColumns(column)
  if (reset === 'true' || shown.length === 0) return null
  if (up !== '') return movedColumns(shown, up, -1)
  return down === '' ? shown : movedColumns(shown, down, 1)
}

const breadcrumbs = [{ href: '/incidents', label: 'Incidents' }]
