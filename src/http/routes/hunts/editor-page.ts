import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Tenants } from '../../../tenants/tenants.ts'
import { editorBase } from '../../monaco.ts'
import { requireActor } from '../../plugins/actors.ts'
import { editorHeaders } from './content-security.ts'
import { type Draft, readDraft, timespans } from './draft.ts'
import { findPicker } from './picker.ts'
import { planView } from './plan-view.ts'

export type EditorOptions = { tenants: Tenants; loginOrigins: string[]; publicUrl: string }

/** The page on which hunts are written, checked and begun. */
export async function huntEditorRoutes(app: FastifyInstance, options: EditorOptions): Promise<void> {
  const { tenants, loginOrigins, publicUrl } = options
  const headers = editorHeaders(loginOrigins, publicUrl.startsWith('https:'))

  async function page(request: FastifyRequest, reply: FastifyReply, draft: Draft, errors = {}) {
    const actor = requireActor(request)
    const [picker, { byTag }] = await Promise.all([
      findPicker(tenants, actor, draft.tenantSearch, draft.tenantIds),
      tenants.summarize(actor),
    ])
    return await reply.page(
      '/hunts/index',
      { title: 'Hunts', section: 'hunts', scripts: ['hunt-editor.js'] },
      {
        draft,
        errors,
        picker,
        tags: byTag,
        timespans,
        editorBase,
        plan: planView(draft.query, picker.total),
        recent: [],
        hunts: [],
        nextHref: null,
        firstHref: null,
        now: new Date(),
      },
    )
  }

  app.get('/hunts', headers, async (request, reply) => page(request, reply, readDraft(request.query)))

  /** The check before the run; without a script the whole page comes again with it. */
  app.post('/hunts/plan', { ...headers, preHandler: app.csrfProtection }, async (request, reply) => {
    const draft = readDraft(request.body)
    if (!request.headers['hx-request']) return await page(request, reply, draft)
    const total = await tenants.count(requireActor(request))
    return await reply.partial('/hunts/_plan', { plan: planView(draft.query, total) })
  })

  app.get('/hunts/tenants', async (request, reply) => {
    const { tenantSearch, tenantIds } = readDraft(request.query)
    const picker = await findPicker(tenants, requireActor(request), tenantSearch, tenantIds)
    return await reply.partial('/hunts/_picker', { picker })
  })
}
