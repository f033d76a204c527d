import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../../errors.ts'
import type { Hunts } from '../../../hunting/hunts/hunts.ts'
import type { HuntRequest } from '../../../hunting/hunts/model.ts'
import type { Library } from '../../../hunting/library/library.ts'
import type { Schedules } from '../../../hunting/schedules/schedules.ts'
import { type Actor, may } from '../../../tenants/actor.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { sentences } from '../../form-errors.ts'
import { editorBase } from '../../monaco.ts'
import { requireActor } from '../../plugins/actors.ts'
import { editorHeaders } from './content-security.ts'
import { type Draft, readDraft, timespans, toRequest } from './draft.ts'
import { listHunts, recentHunts } from './hunt-list.ts'
import { huntTitle } from './hunt-words.ts'
import { ifThere } from './if-there.ts'
import { openDraft, tenantsOf } from './opening.ts'
import { findPicker } from './picker.ts'
import { type PlanView, showAnalysis, showPlan } from './plan-view.ts'

export type EditorOptions = {
  hunts: Hunts
  library: Library
  schedules: Schedules
  tenants: Tenants
  loginOrigins: string[]
  publicUrl: string
}

const pageQuery = z.object({
  cursor: z.uuid().optional().catch(undefined),
  whose: z.enum(['mine', 'all']).catch('all').default('all'),
})

/** The page on which hunts are written, checked and begun, and all hunts so far. */
export async function huntEditorRoutes(app: FastifyInstance, options: EditorOptions): Promise<void> {
  const { hunts, library, tenants, loginOrigins, publicUrl } = options
  const headers = editorHeaders(loginOrigins, publicUrl.startsWith('https:'))

  /** @throws AppError `not_found` for the hunt whose tenants are asked again */
  async function requestOf(actor: Actor, draft: Draft): Promise<HuntRequest> {
    const { scope, sameAs } = draft
    return toRequest(draft, scope === 'same' && sameAs ? await tenantsOf(hunts, actor, sameAs) : [])
  }

  async function plan(actor: Actor, draft: Draft): Promise<PlanView> {
    try {
      return showPlan(draft.query, await hunts.plan(actor, await requestOf(actor, draft)))
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'forbidden') throw error
      return showAnalysis(draft.query, { message: error.message, remedy: error.remedy })
    }
  }

  async function page(
    request: FastifyRequest,
    reply: FastifyReply,
    draft: Draft,
    errors: { query?: string; tenants?: string } = {},
  ) {
    const actor = requireActor(request)
    const listed = pageQuery.parse(request.query)
    const mayHunt = may(actor, 'hunt')
    const [saved, same, picker, { byTag }, planned, list, recent] = await Promise.all([
      savedOf(actor, draft),
      draft.sameAs ? ifThere(hunts.summary(actor, draft.sameAs)) : null,
      findPicker(tenants, actor, draft.tenantSearch, draft.tenantIds),
      tenants.summarize(actor),
      mayHunt ? plan(actor, draft) : null,
      listHunts(hunts, actor, listed),
      mayHunt ? recentHunts(hunts, actor) : [],
    ])
    const scripts = mayHunt ? ['hunt-editor.js'] : []
    return await reply.page(
      '/hunts/index',
      { title: 'Hunts', section: 'hunts', scripts },
      {
        ...list,
        draft,
        errors,
        saved,
        same: same && { huntId: same.id, title: huntTitle(same), tenants: same.counts.total },
        picker,
        tags: byTag,
        timespans,
        editorBase,
        plan: planned,
        recent,
      },
    )
  }

  async function savedOf(actor: Actor, { saved }: Draft) {
    return saved ? await ifThere(library.get(actor, saved)) : null
  }

  app.get('/hunts', headers, async (request, reply) => {
    try {
      return await page(request, reply, await openDraft(options, requireActor(request), request.query))
    } catch (error) {
      const lacksValues = error instanceof AppError && 'parameters' in error.details
      const { saved } = readDraft(request.query)
      if (!lacksValues || !saved) throw error
      request.session.flash = { kind: 'info', text: `Fill in its values first: ${error.remedy}.` }
      return reply.redirect(`/library/${saved}`, 303)
    }
  })

  /** The check before the run; without a script the whole page comes again with it. */
  app.post('/hunts/plan', { ...headers, preHandler: app.csrfProtection }, async (request, reply) => {
    const draft = readDraft(request.body)
    if (!request.headers['hx-request']) return await page(request, reply, draft)
    return await reply.partial('/hunts/_plan', { plan: await plan(requireActor(request), draft) })
  })

  app.post('/hunts', { ...headers, preHandler: app.csrfProtection }, async (request, reply) => {
    const actor = requireActor(request)
    const draft = readDraft(request.body)
    try {
      const saved = (await savedOf(actor, draft))?.id
      const { id } = await hunts.create(actor, await requestOf(actor, { ...draft, saved }))
      return reply.redirect(`/hunts/${id}`, 303)
    } catch (error) {
      if (!(error instanceof AppError) || error.code === 'forbidden') throw error
      const words = sentences(error.message, error.remedy)
      const errors = error.code === 'invalid_query' ? { query: words } : { tenants: words }
      return await page(request, reply.code(422), draft, errors)
    }
  })

  app.get('/hunts/tenants', async (request, reply) => {
    const { tenantSearch, tenantIds } = readDraft(request.query)
    const picker = await findPicker(tenants, requireActor(request), tenantSearch, tenantIds)
    return await reply.partial('/hunts/_picker', { picker })
  })
}
