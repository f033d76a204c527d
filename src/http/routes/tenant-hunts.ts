import type { FastifyInstance, FastifyReply } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import type { Hunts } from '../../hunting/hunts/hunts.ts'
import { type HuntTenant, type HuntView, isOver } from '../../hunting/hunts/model.ts'
import type { QueryProblem } from '../../hunting/kql/problem.ts'
import { type Actor, requireAct } from '../../tenants/actor.ts'
import type { TenantRecord } from '../../tenants/store.ts'
import type { Tenants } from '../../tenants/tenants.ts'
import { requireActor } from '../plugins/actors.ts'
import { tenantPage } from '../tenant-page.ts'
import { showRows } from './hunts/cells.ts'
import { readDraft, timespans, toRequest } from './hunts/draft.ts'

type WithTenant = { Params: { tenantId: string } }
type WithHunt = { Params: { tenantId: string; huntId: string } }

const pageSize = 100
/** The tenant's id and name begin every row; on its own page they are known. */
const knownColumns = 2

/** The hunting box: one query in one tenant, its result on the same page. */
export async function tenantHuntRoutes(
  app: FastifyInstance,
  { tenants, hunts }: { tenants: Tenants; hunts: Hunts },
): Promise<void> {
  /** @throws AppError `not_found` for a hunt that asks other tenants too: it has its own page */
  async function huntOf(actor: Actor, tenant: TenantRecord, huntId: string) {
    const hunt = await hunts.get(actor, huntId)
    const [task] = hunt.tenants
    if (hunt.tenants.length === 1 && task?.tenantId === tenant.id) return { hunt, task }
    throw new AppError('not_found', 'this hunt is not one of this tenant alone')
  }

  /** What the result says now; rows only when the tenant has answered. */
  async function result(actor: Actor, hunt: HuntView, task: HuntTenant, offset: number) {
    const home = `/tenants/${task.tenantId}`
    const shown = { home, hunt, task, isUnderWay: !isOver(hunt.status), columns: [], rows: [], total: 0 }
    if (task.status !== 'succeeded') return shown
    const page = await hunts.page(actor, hunt.id, { offset, limit: pageSize })
    const rows = showRows(page.columns, page.rows, offset)
    const address = (from: number) => `${home}/hunt?run=${hunt.id}${from > 0 ? `&offset=${from}` : ''}`
    return {
      ...shown,
      columns: page.columns.slice(knownColumns),
      rows: rows.map(row => ({ ...row, cells: row.cells.slice(knownColumns) })),
      total: page.total,
      offset,
      nextHref: page.nextOffset === null ? null : address(page.nextOffset),
      previousHref: offset > 0 ? address(Math.max(0, offset - pageSize)) : null,
    }
  }

  async function huntPage(reply: FastifyReply, tenant: TenantRecord, data: Record<string, unknown>) {
    const empty = {
      form: readDraft({}),
      timespans,
      problems: [],
      canRunAnyway: false,
      trouble: null,
      result: null,
    }
    return await tenantPage(reply, tenant, '/tenants/hunt', { heading: 'Hunt', ...empty, ...data })
  }

  app.get<WithTenant>('/tenants/:tenantId/hunt', async (request, reply) => {
    const actor = requireActor(request)
    const tenant = await tenants.get(actor, request.params.tenantId)
    const { run, offset } = z
      .object({
        run: z.uuid().optional().catch(undefined),
        offset: z.coerce.number().int().min(0).max(1_000_000_000).catch(0).default(0),
      })
      .parse(request.query)
    if (!run) return await huntPage(reply, tenant, { form: readDraft(request.query) })

    const { hunt, task } = await huntOf(actor, tenant, run)
    const { query, timespan } = hunt
    return await huntPage(reply, tenant, {
      form: readDraft({ query, timespan: timespan ?? undefined }),
      result: await result(actor, hunt, task, offset),
    })
  })

  app.post<WithTenant>(
    '/tenants/:tenantId/hunts',
    { preHandler: app.csrfProtection },
    async (request, reply) => {
      const actor = requireActor(request)
      requireAct(actor, 'hunt')
      const tenant = await tenants.get(actor, request.params.tenantId)
      const draft = { ...readDraft(request.body), scope: 'chosen' as const, tenantIds: [tenant.id] }
      try {
        const hunt = await hunts.create(actor, toRequest(draft))
        return reply.redirect(`/tenants/${tenant.id}/hunt?run=${hunt.id}`, 303)
      } catch (error) {
        if (!(error instanceof AppError) || !['invalid', 'invalid_query'].includes(error.code)) throw error
        const { problems = [], runnableWithUnknownNames = false } = error.details as {
          problems?: QueryProblem[]
          runnableWithUnknownNames?: boolean
        }
        const { message, remedy } = error
        return await huntPage(reply.code(422), tenant, {
          form: draft,
          problems: problems.filter(({ severity }) => severity === 'error'),
          canRunAnyway: runnableWithUnknownNames,
          trouble: { message, remedy },
        })
      }
    },
  )

  /** What the page asks for until the tenant has answered. */
  app.get<WithHunt>('/tenants/:tenantId/hunts/:huntId', async (request, reply) => {
    const actor = requireActor(request)
    const tenant = await tenants.get(actor, request.params.tenantId)
    const { hunt, task } = await huntOf(actor, tenant, request.params.huntId)
    if (!request.headers['hx-request'])
      return reply.redirect(`/tenants/${tenant.id}/hunt?run=${hunt.id}`, 303)
    return await reply.partial('/tenants/_hunt-result', { result: await result(actor, hunt, task, 0) })
  })

  app.post<WithHunt>(
    '/tenants/:tenantId/hunts/:huntId/cancellation',
    { preHandler: app.csrfProtection },
    async (request, reply) => {
      const actor = requireActor(request)
      const tenant = await tenants.get(actor, request.params.tenantId)
      const { hunt } = await huntOf(actor, tenant, request.params.huntId)
      await hunts.cancel(actor, hunt.id)
      return reply.redirect(`/tenants/${tenant.id}/hunt?run=${hunt.id}`, 303)
    },
  )
}
