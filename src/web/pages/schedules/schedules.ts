import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../../errors.ts'
import type { Library } from '../../../hunting/library/library.ts'
import type { ScheduleView } from '../../../hunting/schedules/model.ts'
import type { Schedules } from '../../../hunting/schedules/schedules.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { may } from '../../../tenants/permissions.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { type FormErrors, formErrors } from '../../errors/form-errors.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import { timespanWords } from '../hunts/hunt-words.ts'
import { scheduleEditRoutes } from './edit-pages.ts'
import { scheduleRunRoutes } from './run-pages.ts'
import { scheduleState, sentence, showRun, tenantWords } from './words.ts'

type ScheduleOptions = { schedules: Schedules; library: Library; tenants: Tenants }

type ById = { Params: { id: string } }

const section = 'schedules' as const
const noErrors: FormErrors = { fields: {}, whole: null }
const pageQuery = z.object({ cursor: z.uuid().optional().catch(undefined) })
const muteForm = z.object({
  tenantId: z.string().max(100).catch('').default(''),
  reason: z.string().max(2000).catch('').default(''),
  endsOn: z.iso.date().catch('').default(''),
})

/** Saved queries run by the clock: what they are, when they run, what they found. */
export async function scheduleRoutes(app: FastifyInstance, options: ScheduleOptions): Promise<void> {
  const { schedules, tenants } = options
  const breadcrumbs = [{ href: '/schedules', label: 'Schedules' }]

  app.get('/schedules', { config: { act: 'schedule.read' } }, async (request, reply) => {
    const { cursor } = readInput(pageQuery, request.query)
    const page = await schedules.list(requireActor(request), { limit: 50, cursor: cursor ?? null })
    return await reply.page(
      '/schedules/index',
      { title: 'Schedules', section },
      {
        schedules: page.items.map(showSchedule),
        nextHref: page.nextCursor ? `/schedules?cursor=${page.nextCursor}` : null,
        firstHref: cursor ? '/schedules' : null,
      },
    )
  })

  app.get<ById>('/schedules/:id', { config: { act: 'schedule.read' } }, async (request, reply) =>
    showPage(request, reply, request.params.id, noErrors),
  )

  app.post<ById>('/schedules/:id/runs', { config: { act: 'schedule.write' } }, async (request, reply) => {
    const { id } = request.params
    try {
      const run = await schedules.startNow(requireActor(request), id)
      return reply.redirect(`/schedules/${id}/runs/${run.id}`, 303)
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'conflict')) throw error
      request.session.flash = { kind: 'info', text: 'It runs already.' }
      return reply.redirect(`/schedules/${id}`, 303)
    }
  })

  for (const [path, enabled, text] of [
    ['pause', false, 'The schedule is paused: the clock does not start it.'],
    ['resumption', true, 'The schedule is on.'],
  ] as const) {
    app.post<ById>(
      `/schedules/:id/${path}`,
      { config: { act: 'schedule.write' } },
      async (request, reply) => {
        const { id } = await schedules.setEnabled(requireActor(request), request.params.id, enabled)
        request.session.flash = { kind: 'success', text }
        return reply.redirect(`/schedules/${id}`, 303)
      },
    )
  }

  app.post<ById>(
    '/schedules/:id/ownership',
    { config: { act: 'schedule.manage' } },
    async (request, reply) => {
      const { id } = await schedules.takeOver(requireActor(request), request.params.id)
      request.session.flash = { kind: 'success', text: 'The schedule is yours: it sees what you see.' }
      return reply.redirect(`/schedules/${id}`, 303)
    },
  )

  app.post<ById>('/schedules/:id/removal', { config: { act: 'schedule.write' } }, async (request, reply) => {
    await schedules.remove(requireActor(request), request.params.id)
    request.session.flash = { kind: 'success', text: 'The schedule is removed.' }
    return reply.redirect('/schedules', 303)
  })

  app.post<ById>('/schedules/:id/mutes', { config: { act: 'schedule.write' } }, async (request, reply) => {
    const actor = requireActor(request)
    const { id } = request.params
    const form = readInput(muteForm, request.body)
    try {
      // The whole of the day that was chosen.
      const endsAt = new Date(form.endsOn === '' ? Number.NaN : `${form.endsOn}T23:59:59Z`)
      const mute = await schedules.mute(actor, id, { tenantId: form.tenantId, reason: form.reason, endsAt })
      request.session.flash = { kind: 'success', text: `${mute.tenantName} is muted until ${form.endsOn}.` }
      return reply.redirect(`/schedules/${id}`, 303)
    } catch (error) {
      const errors = formErrors(error, code => (code === 'not_found' ? 'tenantId' : null))
      return await showPage(request, reply.code(422), id, errors, form)
    }
  })

  app.post<{ Params: { id: string; muteId: string } }>(
    '/schedules/:id/mutes/:muteId/end',
    { config: { act: 'schedule.write' } },
    async (request, reply) => {
      const { id, muteId } = request.params
      await schedules.unmute(requireActor(request), id, muteId)
      request.session.flash = { kind: 'success', text: 'The mute has ended.' }
      return reply.redirect(`/schedules/${id}`, 303)
    },
  )

  await app.register(scheduleEditRoutes, options)
  await app.register(scheduleRunRoutes, options)

  async function showPage(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    errors: FormErrors,
    mute: Partial<z.infer<typeof muteForm>> = {},
  ): Promise<FastifyReply> {
    const actor = requireActor(request)
    const { cursor } = readInput(pageQuery, request.query)
    const schedule = await schedules.get(actor, id)
    const [runs, choices] = await Promise.all([
      schedules.runs(actor, id, { limit: 25, cursor: cursor ?? null }),
      tenantsOf(actor, schedule),
    ])
    return await reply.page(
      '/schedules/show',
      { title: schedule.name, section, breadcrumbs },
      {
        schedule: showSchedule(schedule),
        timespan: schedule.timespan && timespanWords(schedule.timespan),
        upcoming: schedule.enabled && !schedule.ownerProblem ? schedules.upcoming(schedule, 5) : [],
        runs: runs.items.map(showRun),
        nextHref: runs.nextCursor ? `/schedules/${id}?cursor=${runs.nextCursor}` : null,
        firstHref: cursor ? `/schedules/${id}` : null,
        errors,
        mute,
        tenantChoices: choices,
        mayRemove:
          may(actor, 'schedule.manage') ||
          schedule.createdBy === actor.label ||
          schedule.runsAs === actor.label,
      },
    )
  }

  /** Tenants that can be muted: those of the last run, else those that one sees. */
  async function tenantsOf(actor: Actor, schedule: ScheduleView) {
    if (!may(actor, 'schedule.write')) return []
    const { lastRun } = schedule
    const findings = lastRun ? (await schedules.run(actor, schedule.id, lastRun.id)).findings : []
    const found = findings.map(({ tenantId, tenantName }) => ({ value: tenantId, label: tenantName }))
    if (found.length > 0) return found.sort((one, other) => one.label.localeCompare(other.label, 'en'))
    const page = await tenants.list(actor, {}, { limit: 200 })
    return page.items.map(({ id, name }) => ({ value: id, label: name }))
  }
}

function showSchedule(schedule: ScheduleView) {
  const { lastRun } = schedule
  return {
    ...schedule,
    badge: scheduleState(schedule),
    tenantWords: tenantWords(schedule.tenants),
    // Its time comes, but nobody is asked then.
    nextRunAt: schedule.ownerProblem ? null : schedule.nextRunAt,
    ownerProblem: schedule.ownerProblem && {
      ...schedule.ownerProblem,
      message: `${sentence(schedule.ownerProblem.message)}.`,
    },
    lastRun: lastRun ? showRun(lastRun) : null,
  }
}
