import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { AppError } from '../../errors.ts'
import { analyzeQuery } from '../../hunting/kql/analyze-query.ts'
import type { Library } from '../../hunting/library/library.ts'
import type { SavedQueryView } from '../../hunting/library/model.ts'
import { parametersOf, type QueryParameter } from '../../hunting/library/parameters.ts'
import { isTimeZone, readClock } from '../../hunting/schedules/clock.ts'
import type { ScheduleView } from '../../hunting/schedules/model.ts'
import type { Schedules } from '../../hunting/schedules/schedules.ts'
import { type Actor, may } from '../../tenants/actor.ts'
import type { Tenants } from '../../tenants/tenants.ts'
import { type FormErrors, formErrors } from '../form-errors.ts'
import { requireActor } from '../plugins/actors.ts'
import { timespans } from './hunts/draft.ts'
import { findPicker } from './hunts/picker.ts'
import { parameterFields } from './library/forms.ts'
import { formOf, newScheduleForm, readScheduleForm, type ScheduleForm, toDraft } from './schedules/forms.ts'
import { scheduleRunRoutes } from './schedules/run-pages.ts'
import { scheduleState, sentence, showRun, tenantWords } from './schedules/words.ts'

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
  const { schedules, library, tenants } = options
  const protectedForm = { preHandler: app.csrfProtection }
  const breadcrumbs = [{ href: '/schedules', label: 'Schedules' }]
  const crumbsOf = ({ id, name }: ScheduleView) => [...breadcrumbs, { href: `/schedules/${id}`, label: name }]

  app.get('/schedules', async (request, reply) => {
    const { cursor } = pageQuery.parse(request.query)
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

  app.get<{ Querystring: Record<string, string> }>('/schedules/new', async (request, reply) => {
    const actor = requireActor(request)
    const { query } = request.query
    if (query) {
      const { id, name } = await library.get(actor, query)
      return await editPage(request, reply, newScheduleForm(id, name), noErrors, null)
    }
    const { items } = await library.list(actor, {}, { limit: 200 })
    return await reply.page(
      '/schedules/choose',
      { title: 'Schedule a query', section, breadcrumbs },
      { queries: items.map(({ id, name }) => ({ value: id, label: name })) },
    )
  })

  /** The next times, as somebody types. */
  app.get('/schedules/upcoming', async (request, reply) => {
    requireActor(request)
    return await reply.partial('/schedules/_upcoming', upcomingOf(readScheduleForm(request.query)))
  })

  app.post('/schedules', protectedForm, async (request, reply) => {
    const form = readScheduleForm(request.body)
    try {
      const actor = requireActor(request)
      const { id } = await schedules.create(actor, toDraft(form, await parametersAt(actor, form)))
      request.session.flash = { kind: 'success', text: 'The schedule is made.' }
      return reply.redirect(`/schedules/${id}`, 303)
    } catch (error) {
      return await editPage(request, reply.code(422), form, formErrors(error), null)
    }
  })

  app.get<ById>('/schedules/:id', async (request, reply) =>
    showPage(request, reply, request.params.id, noErrors),
  )

  app.get<ById>('/schedules/:id/edit', async (request, reply) => {
    const schedule = await schedules.get(requireActor(request), request.params.id)
    return await editPage(request, reply, formOf(schedule), noErrors, schedule)
  })

  app.post<ById>('/schedules/:id/changes', protectedForm, async (request, reply) => {
    const actor = requireActor(request)
    const schedule = await schedules.get(actor, request.params.id)
    const form = readScheduleForm(request.body)
    try {
      await schedules.change(actor, schedule.id, toDraft(form, await parametersAt(actor, form)))
      request.session.flash = { kind: 'success', text: 'The change is saved.' }
      return reply.redirect(`/schedules/${schedule.id}`, 303)
    } catch (error) {
      return await editPage(request, reply.code(422), form, formErrors(error), schedule)
    }
  })

  app.post<ById>('/schedules/:id/runs', protectedForm, async (request, reply) => {
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
    app.post<ById>(`/schedules/:id/${path}`, protectedForm, async (request, reply) => {
      const { id } = await schedules.setEnabled(requireActor(request), request.params.id, enabled)
      request.session.flash = { kind: 'success', text }
      return reply.redirect(`/schedules/${id}`, 303)
    })
  }

  app.post<ById>('/schedules/:id/ownership', protectedForm, async (request, reply) => {
    const { id } = await schedules.takeOver(requireActor(request), request.params.id)
    request.session.flash = { kind: 'success', text: 'The schedule is yours: it sees what you see.' }
    return reply.redirect(`/schedules/${id}`, 303)
  })

  app.post<ById>('/schedules/:id/removal', protectedForm, async (request, reply) => {
    await schedules.remove(requireActor(request), request.params.id)
    request.session.flash = { kind: 'success', text: 'The schedule is removed.' }
    return reply.redirect('/schedules', 303)
  })

  app.post<ById>('/schedules/:id/mutes', protectedForm, async (request, reply) => {
    const actor = requireActor(request)
    const { id } = request.params
    const form = muteForm.parse(request.body)
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
    protectedForm,
    async (request, reply) => {
      const { id, muteId } = request.params
      await schedules.unmute(requireActor(request), id, muteId)
      request.session.flash = { kind: 'success', text: 'The mute has ended.' }
      return reply.redirect(`/schedules/${id}`, 303)
    },
  )

  await app.register(scheduleRunRoutes, options)

  async function showPage(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    errors: FormErrors,
    mute: Partial<z.infer<typeof muteForm>> = {},
  ): Promise<FastifyReply> {
    const actor = requireActor(request)
    const { cursor } = pageQuery.parse(request.query)
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
        upcoming: schedule.enabled && !schedule.ownerProblem ? schedules.upcoming(schedule, 5) : [],
        runs: runs.items.map(showRun),
        nextHref: runs.nextCursor ? `/schedules/${id}?cursor=${runs.nextCursor}` : null,
        firstHref: cursor ? `/schedules/${id}` : null,
        errors,
        mute,
        tenantChoices: choices,
        mayRemove:
          may(actor, 'manage-staff') || schedule.createdBy === actor.label || schedule.runsAs === actor.label,
      },
    )
  }

  /** Tenants that can be muted: those of the last run, else those that one sees. */
  async function tenantsOf(actor: Actor, schedule: ScheduleView) {
    if (!may(actor, 'hunt')) return []
    const { lastRun } = schedule
    const findings = lastRun ? (await schedules.run(actor, schedule.id, lastRun.id)).findings : []
    const found = findings.map(({ tenantId, tenantName }) => ({ value: tenantId, label: tenantName }))
    if (found.length > 0) return found.sort((one, other) => one.label.localeCompare(other.label, 'en'))
    const page = await tenants.list(actor, {}, { limit: 200 })
    return page.items.map(({ id, name }) => ({ value: id, label: name }))
  }

  async function editPage(
    request: FastifyRequest,
    reply: FastifyReply,
    form: ScheduleForm,
    errors: FormErrors,
    schedule: ScheduleView | null,
  ): Promise<FastifyReply> {
    const actor = requireActor(request)
    const query: SavedQueryView = await library.get(actor, form.queryId)
    const [parameters, picker, { byTag }] = await Promise.all([
      parametersAt(actor, form),
      findPicker(tenants, actor, form.tenantSearch, form.tenantIds),
      tenants.summarize(actor),
    ])
    const title = schedule ? `Change ${schedule.name}` : `Schedule ${query.name}`
    const newest = Number(form.queryVersion || query.version) !== query.version
    return await reply.page(
      '/schedules/edit',
      { title, section, breadcrumbs: schedule ? crumbsOf(schedule) : breadcrumbs },
      {
        title,
        form,
        errors,
        schedule,
        query,
        fields: parameterFields({ parameters }, form.parameters, errors.fields),
        columns: analyzeQuery(query.query).columns.map(({ name }) => name),
        versions: newest
          ? [
              { value: String(query.version), label: `Version ${query.version}, the newest` },
              { value: form.queryVersion, label: `Version ${form.queryVersion}, as it runs now` },
            ]
          : [],
        picker,
        tags: byTag,
        timespans: [{ value: '', label: 'As the query says, 30 days at most' }, ...timespans],
        timeZones: Intl.supportedValuesOf('timeZone'),
        ...upcomingOf(form),
      },
    )
  }

  /** Parameters of the version that the form is about. */
  async function parametersAt(
    actor: Actor,
    { queryId, queryVersion }: ScheduleForm,
  ): Promise<QueryParameter[]> {
    const query = await library.get(actor, queryId)
    const versions = await library.versions(actor, queryId)
    const chosen = versions.find(({ version }) => String(version) === queryVersion)
    return chosen ? parametersOf(chosen.query) : query.parameters
  }

  function upcomingOf({ cron, timeZone }: Pick<ScheduleForm, 'cron' | 'timeZone'>) {
    if (!isTimeZone(timeZone))
      return { upcoming: [], upcomingProblem: 'Choose a time zone.', timeZone: 'UTC' }
    try {
      const clock = readClock({ cron, timeZone }, new Date())
      return { upcoming: schedules.upcoming(clock, 5), upcomingProblem: null, timeZone }
    } catch (error) {
      const { fields, whole } = formErrors(error)
      return { upcoming: [], upcomingProblem: fields.cron ?? whole, timeZone }
    }
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
