import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../../errors.ts'
import type { Connect } from '../../../onboarding/connect.ts'
import type { ConnectLists } from '../../../onboarding/lists/connect-lists.ts'
import { wordIssue } from '../../../platform/issue-words.ts'
import { sentences } from '../../errors/form-errors.ts'
import { readProblem } from '../../errors/problem.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import type { PageHead } from '../../types.ts'

type ConnectOptions = { connect: Connect; connectLists: ConnectLists }
type WithList = { Params: { listId: string } }

const head: PageHead & { breadcrumbs: { href: string; label: string }[] } = {
  title: 'Connect existing tenants',
  section: 'tenants',
  breadcrumbs: [{ href: '/tenants', label: 'Tenants' }],
  scripts: ['read-file.js'],
}

const oneForm = z.object({
  name: z.string().trim().min(1, 'Write the customer’s name').max(200, 'At most 200 characters'),
  tenant: z.string().trim().min(1, 'Write a domain or a tenant id').max(253, 'At most 253 characters'),
  tags: z.string().max(4000).default(''),
})

const pageSize = 100
const troubles = ['refused', 'bad_line', 'disconnected', 'degraded'] as const

/** Connects tenants that consented in another way: one, or a list that a job works through. */
export async function connectRoutes(app: FastifyInstance, options: ConnectOptions): Promise<void> {
  const { connect, connectLists } = options
  const empty = { form: {}, errors: {}, problem: null, list: '', listError: null }

  app.get('/connect', { config: { act: 'tenant.connect' } }, async (request, reply) => {
    const actor = requireActor(request)
    return await reply.page('/connect/index', head, { ...empty, lists: await connectLists.recent(actor) })
  })

  app.post('/connect', { config: { act: 'tenant.connect' } }, async (request, reply) => {
    const actor = requireActor(request)
    const form = oneForm.safeParse(request.body, { error: wordIssue })
    const shown = async () => ({ ...empty, form: request.body, lists: await connectLists.recent(actor) })
    if (!form.success) {
      const errors = Object.fromEntries(form.error.issues.map(issue => [issue.path[0], issue.message]))
      return await reply.code(422).page('/connect/index', head, { ...(await shown()), errors })
    }
    const { name, tenant, tags } = form.data
    try {
      const connected = await connect.connectTenant(actor, { name, tenant, tags: splitTags(tags) })
      request.session.flash = { kind: 'success', text: `${connected.name} is here: its consent is proven.` }
      return reply.redirect(`/tenants/${connected.id}`, 303)
    } catch (error) {
      const problem = readProblem(error)
      if (!problem) throw error
      return await reply.code(problem.status).page('/connect/index', head, { ...(await shown()), problem })
    }
  })

  app.post(
    '/connect/lists',
    { config: { act: 'tenant.connect' }, bodyLimit: 4 * 1024 * 1024 },
    async (request, reply) => {
      const actor = requireActor(request)
      const { list } = readInput(z.object({ list: z.string().default('') }), request.body)
      try {
        const id = await connectLists.create(actor, list)
        return reply.redirect(`/connect/lists/${id}`, 303)
      } catch (error) {
        if (!(error instanceof AppError) || !['invalid', 'too_large'].includes(error.code)) throw error
        const listError = sentences(error.message, error.remedy)
        const lists = await connectLists.recent(actor)
        return await reply.code(422).page('/connect/index', head, { ...empty, list, listError, lists })
      }
    },
  )

  app.get<WithList>(
    '/connect/lists/:listId',
    { config: { act: 'tenant.connect' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const { listId } = request.params
      const { only, after } = readInput(
        z.object({
          only: z.enum(['trouble']).optional().catch(undefined),
          after: z.coerce.number().int().min(0).optional().catch(undefined),
        }),
        request.query,
      )
      const list = await connectLists.get(actor, listId)
      const lines = await connectLists.lines(actor, listId, {
        ...(only ? { outcomes: [...troubles] } : {}),
        ...(after === undefined ? {} : { after }),
        limit: pageSize,
      })
      const home = `/connect/lists/${list.id}`
      const address = (line?: number) => {
        const search = new URLSearchParams({
          ...(only ? { only } : {}),
          ...(line ? { after: String(line) } : {}),
        })
        return search.size > 0 ? `${home}?${search}` : home
      }
      const data = {
        list,
        lines,
        home,
        only: only ?? null,
        here: address(after),
        trouble: troubles.reduce((sum, outcome) => sum + (list.counts[outcome] ?? 0), 0),
        nextHref: lines.length === pageSize ? address(lines.at(-1)?.line) : null,
        firstHref: after ? address() : null,
      }
      if (request.headers['hx-request']) return await reply.partial('/connect/_list', data)
      const breadcrumbs = [...head.breadcrumbs, { href: '/connect', label: head.title }]
      return await reply
        .header('vary', 'hx-request')
        .page('/connect/list', { ...head, title: 'A list of tenants', breadcrumbs }, data)
    },
  )
}

function splitTags(text: string): string[] {
  return text.split(',').filter(tag => tag.trim() !== '')
}
