import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError, type AppErrorCode } from '../../../../errors.ts'
import type { Hunts } from '../../../../hunting/hunts/hunts.ts'
import type { HuntRequest } from '../../../../hunting/hunts/model.ts'
import type { Library } from '../../../../hunting/library/library.ts'
import type { QueryAnalyzer } from '../../../../hunting/query/analyzer.ts'
import type { Schedules } from '../../../../hunting/schedules/schedules.ts'
import type { Actor } from '../../../../tenants/actor.ts'
import { may } from '../../../../tenants/permissions.ts'
import type { Tenants } from '../../../../tenants/tenants.ts'
import { editorBase } from '../../../assets/monaco.ts'
import { callerSignal } from '../../../caller-signal.ts'
import { sentences } from '../../../errors/form-errors.ts'
import { tagOptions } from '../../../form-options.ts'
import { requireActor } from '../../../plugins/access/actors.ts'
import { readInput } from '../../../read-input.ts'
import { listHunts, recentHunts } from '../hunt-list.ts'
import { huntTitle } from '../hunt-words.ts'
import { orNull } from '../or-null.ts'
import { editorHeaders } from './content-security.ts'
import { type Draft, readDraft, timespans, toRequest } from './draft.ts'
import { openDraft, tenantsOf } from './opening.ts'
import { findPicker } from './picker.ts'
import { type PlanView, showAnalysis, showPlan } from './plan-view.ts'

export type EditorOptions = {
  analyzer: Pick<QueryAnalyzer, 'analyze'>
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

/** Refusals that belong beside the form; others are no matter of what was typed. */
const formCodes = new Set<AppErrorCode>(['invalid', 'invalid_query', 'not_found'])

/** The page on which hunts are written, checked and begun, and all hunts so far. */
export async function huntEditorRoutes(app: FastifyInstance, options: EditorOptions): Promise<void> {
  const { analyzer, hunts, library, tenants, loginOrigins, publicUrl } = options
  const headers = editorHeaders(loginOrigins, publicUrl.startsWith('https:'))

  /** @throws AppError `not_found` for the hunt whose tenants are asked again */
  async function requestOf(actor: Actor, draft: Draft): Promise<HuntRequest> {
    const { scope, sameAs } = draft
    return toRequest(draft, scope === 'same' && sameAs ? await tenantsOf(hunts, actor, sameAs) : [])
  }

  async function plan(actor: Actor, draft: Draft, signal: AbortSignal): Promise<PlanView> {
    const { query } = draft
    try {
      return showPlan(query, await hunts.plan(actor, await requestOf(actor, draft), signal))
    } catch (error) {
      // What is wrong with the choice of tenants; anything else is no matter of the form.
      if (!(error instanceof AppError) || !['invalid', 'not_found'].includes(error.code)) throw error
      const analysis = await analyzer.analyze(query, { caller: actor.id, signal })
      return showAnalysis(query, analysis, { message: error.message, remedy: error.remedy })
    }
  }

  async function page(
    request: FastifyRequest,
    reply: FastifyReply,
    draft: Draft,
    {
      plan = null,
      errors = {},
    }: { plan?: PlanView | null; errors?: { query?: string; tenants?: string } } = {},
  ) {
    const actor = requireActor(request)
    const listed = readInput(pageQuery, request.query)
    const mayHunt = may(actor, 'hunt.run')
    const [saved, same, picker, { byTag }, list, recent] = await Promise.all([
      savedOf(actor, draft),
      draft.sameAs ? orNull(hunts.summary(actor, draft.sameAs)) : null,
      findPicker(tenants, actor, draft.tenantSearch, draft.tenantIds),
      tenants.summarize(actor),
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
        tags: tagOptions(byTag),
        timespans,
        editorBase,
        plan,
        recent,
      },
    )
  }

  async function savedOf(actor: Actor, { saved }: Draft) {
    return saved ? await orNull(library.get(actor, saved)) : null
  }

  app.get('/hunts', { ...headers, config: { act: 'hunt.read' } }, async (request, reply) => {
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
  app.post('/hunts/plan', { ...headers, config: { act: 'hunt.run' } }, async (request, reply) => {
    const actor = requireActor(request)
    const draft = readDraft(request.body)
    const planned = await plan(actor, draft, callerSignal(reply))
    if (!request.headers['hx-request']) return await page(request, reply, draft, { plan: planned })
    return await reply.partial('/hunts/_plan', { plan: planned })
  })

  app.post('/hunts', { ...headers, config: { act: 'hunt.run' } }, async (request, reply) => {
    const actor = requireActor(request)
    const draft = readDraft(request.body)
    const signal = callerSignal(reply)
    try {
      const saved = (await savedOf(actor, draft))?.id
      const { id } = await hunts.create(actor, await requestOf(actor, { ...draft, saved }), signal)
      return reply.redirect(`/hunts/${id}`, 303)
    } catch (error) {
      if (!(error instanceof AppError) || !formCodes.has(error.code)) throw error
      const words = sentences(error.message, error.remedy)
      const errors = error.code === 'invalid_query' ? { query: words } : { tenants: words }
      return await page(request, reply.code(422), draft, { errors, plan: await plan(actor, draft, signal) })
    }
  })

  app.get('/hunts/tenants', { config: { act: 'hunt.read' } }, async (request, reply) => {
    const { tenantSearch, tenantIds } = readDraft(request.query)
    const picker = await findPicker(tenants, requireActor(request), tenantSearch, tenantIds)
    return await reply.partial('/hunts/_picker', { picker })
  })
}
