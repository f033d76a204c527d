import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Library } from '../../../hunting/library/library.ts'
import type { QueryParameter, SavedQueryView } from '../../../hunting/library/model.ts'
import { isTimeZone, readClock } from '../../../hunting/schedules/clock.ts'
import type { ScheduleView } from '../../../hunting/schedules/model.ts'
import type { Schedules } from '../../../hunting/schedules/schedules.ts'
import type { Actor } from '../../../tenants/actor.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { callerSignal } from '../../caller-signal.ts'
import { type FormErrors, formErrors, listErrors } from '../../errors/form-errors.ts'
import { tagOptions, timeZoneOptions } from '../../form-options.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { timespans } from '../hunts/editor/draft.ts'
import { findPicker } from '../hunts/editor/picker.ts'
import { parameterFields } from '../library/forms.ts'
import { formOf, newScheduleForm, readScheduleForm, type ScheduleForm, toDraft } from './forms.ts'
import { cronOf } from './frequency.ts'

type ById = { Params: { id: string } }

const section = 'schedules' as const
const noErrors: FormErrors = { fields: {}, whole: null }

/** The form that makes and changes a schedule. */
export async function scheduleEditRoutes(
  app: FastifyInstance,
  { schedules, library, tenants }: { schedules: Schedules; library: Library; tenants: Tenants },
): Promise<void> {
  const breadcrumbs = [{ href: '/schedules', label: 'Schedules' }]
  const crumbsOf = ({ id, name }: ScheduleView) => [...breadcrumbs, { href: `/schedules/${id}`, label: name }]

  app.get<{ Querystring: Record<string, string> }>(
    '/schedules/new',
    { config: { act: 'schedule.write' } },
    async (request, reply) => {
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
    },
  )

  /** The next times, as somebody types. */
  app.get('/schedules/upcoming', { config: { act: 'schedule.read' } }, async (request, reply) => {
    requireActor(request)
    return await reply.partial('/schedules/_upcoming', upcomingOf(readScheduleForm(request.query)))
  })

  app.post('/schedules', { config: { act: 'schedule.write' } }, async (request, reply) => {
    const form = readScheduleForm(request.body)
    try {
      const actor = requireActor(request)
      const { id } = await schedules.create(actor, toDraft(form, await parametersAt(actor, form)), {
        allowUnknownNames: form.allowUnknownNames === 'true',
        signal: callerSignal(reply),
      })
      request.session.flash = { kind: 'success', text: 'The schedule is made.' }
      return reply.redirect(`/schedules/${id}`, 303)
    } catch (error) {
      return await editPage(request, reply.code(422), form, formErrors(error), null)
    }
  })

  app.get<ById>('/schedules/:id/edit', { config: { act: 'schedule.write' } }, async (request, reply) => {
    const schedule = await schedules.get(requireActor(request), request.params.id)
    return await editPage(request, reply, formOf(schedule), noErrors, schedule)
  })

  app.post<ById>('/schedules/:id/changes', { config: { act: 'schedule.write' } }, async (request, reply) => {
    const actor = requireActor(request)
    const schedule = await schedules.get(actor, request.params.id)
    const form = readScheduleForm(request.body)
    try {
      await schedules.change(actor, schedule.id, toDraft(form, await parametersAt(actor, form)), {
        allowUnknownNames: form.allowUnknownNames === 'true',
        signal: callerSignal(reply),
      })
      request.session.flash = { kind: 'success', text: 'The change is saved.' }
      return reply.redirect(`/schedules/${schedule.id}`, 303)
    } catch (error) {
      return await editPage(request, reply.code(422), form, formErrors(error), schedule)
    }
  })

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
        errorList: listErrors(errors),
        schedule,
        query,
        fields: parameterFields({ parameters }, form.parameters, errors.fields),
        columns: query.columns,
        versions: newest
          ? [
              { value: String(query.version), label: `Version ${query.version}, the newest` },
              { value: form.queryVersion, label: `Version ${form.queryVersion}, as it runs now` },
            ]
          : [],
        picker,
        tags: tagOptions(byTag),
        timespans: [{ value: '', label: 'As the query says, 30 days at most' }, ...timespans],
        timeZones: timeZoneOptions(),
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
    return (chosen ?? query).parameters
  }

  function upcomingOf(form: Pick<ScheduleForm, 'cron' | 'frequency' | 'at' | 'timeZone'>) {
    const { timeZone } = form
    if (!isTimeZone(timeZone))
      return { upcoming: [], upcomingProblem: 'Choose a time zone.', timeZone: 'UTC' }
    try {
      const clock = readClock({ cron: cronOf(form), timeZone }, new Date())
      return { upcoming: schedules.upcoming(clock, 5), upcomingProblem: null, timeZone }
    } catch (error) {
      const { fields, whole } = formErrors(error)
      return { upcoming: [], upcomingProblem: fields.cron ?? whole, timeZone }
    }
  }
}
