import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Hunts } from '../../../hunting/hunts/hunts.ts'
import type { Library } from '../../../hunting/library/library.ts'
import type { SavedQueryView } from '../../../hunting/library/model.ts'
import { tacticNames, tactics } from '../../../hunting/library/tactics.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { may } from '../../../tenants/permissions.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { callerSignal } from '../../caller-signal.ts'
import { type FormErrors, formErrors, listErrors } from '../../errors/form-errors.ts'
import { tenantOptions } from '../../form-options.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import {
  formOf,
  parameterFields,
  type QueryForm,
  readParameters,
  readQueryForm,
  readTactic,
  tacticOptions,
  toDraft,
} from './forms.ts'
import { libraryFileRoutes } from './import-page.ts'
import { libraryVersionRoutes } from './version-page.ts'

type LibraryOptions = { library: Library; hunts: Hunts; tenants: Tenants }

type ById = { Params: { id: string } }

const listQuery = z.object({
  search: z.string().trim().max(200).catch('').default(''),
  tactic: z.string().max(50).catch('').default(''),
  tag: z.string().max(64).catch('').default(''),
  cursor: z.string().max(1000).optional().catch(undefined),
})

const tagForm = z.object({ tag: z.string().max(64).catch('').default('') })

const noErrors: FormErrors = { fields: {}, whole: null }

/** Longer addresses are refused by servers and browsers on the way. */
const longestAddress = 12_000

/** The library of saved queries: find one, run it, write and change them, see what became of them. */
export async function libraryRoutes(app: FastifyInstance, options: LibraryOptions): Promise<void> {
  const { library, hunts, tenants } = options
  const section = 'library' as const

  await app.register(libraryFileRoutes, { library })
  await app.register(libraryVersionRoutes, { library })

  app.get('/library', { config: { act: 'query.read' } }, async (request, reply) => {
    const actor = requireActor(request)
    const wanted = readInput(listQuery, request.query)
    const tactic = readTactic(wanted.tactic)
    const filters = {
      ...(wanted.search && { search: wanted.search }),
      ...(tactic && { tactic }),
      ...(wanted.tag && { tag: wanted.tag }),
    }
    const [page, count, byTactic] = await Promise.all([
      library.list(actor, filters, { limit: 100, cursor: wanted.cursor ?? null }),
      library.count(actor, filters),
      library.countByTactic(actor),
    ])
    const address = (changes: Partial<typeof wanted>) => {
      const values = Object.entries({ ...wanted, cursor: undefined, ...changes })
      const query = new URLSearchParams(values.filter((pair): pair is [string, string] => Boolean(pair[1])))
      return query.size > 0 ? `/library?${query}` : '/library'
    }
    return await reply.page(
      '/library/index',
      { title: 'Library', section },
      {
        queries: page.items.map(query => ({
          ...query,
          tacticName: nameOf(query),
          firstWords: firstWords(query),
        })),
        count,
        wanted,
        isFiltered: Object.keys(filters).length > 0,
        tacticOptions: [
          { value: '', label: 'Any tactic' },
          ...tacticNames.map(name => ({
            value: name,
            label: `${tactics[name]} (${byTactic.get(name) ?? 0})`,
          })),
        ],
        withoutTag: address({ tag: '' }),
        nextHref: page.nextCursor ? address({ cursor: page.nextCursor }) : null,
        firstHref: wanted.cursor ? address({}) : null,
      },
    )
  })

  app.get<{ Querystring: Record<string, string> }>(
    '/library/new',
    { config: { act: 'query.write' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const { copy } = request.query
      if (!copy) return await editPage(reply, readQueryForm(request.query), noErrors, null)
      const source = await library.get(actor, copy)
      return await editPage(reply, { ...formOf(source), name: `Copy of ${source.name}` }, noErrors, null)
    },
  )

  app.post('/library', { config: { act: 'query.write' } }, async (request, reply) => {
    const form = readQueryForm(request.body)
    try {
      const allowUnknownNames = form.allowUnknownNames === 'true'
      const options = { allowUnknownNames, signal: callerSignal(reply) }
      const { id } = await library.create(requireActor(request), toDraft(form), options)
      request.session.flash = { kind: 'success', text: 'The query is saved.' }
      return reply.redirect(`/library/${id}`, 303)
    } catch (error) {
      return await editPage(reply.code(422), form, formErrors(error, fieldOf), null)
    }
  })

  app.get<ById>('/library/:id', { config: { act: 'query.read' } }, async (request, reply) =>
    showPage(request, reply, request.params.id, {}, noErrors),
  )

  app.get<ById>('/library/:id/edit', { config: { act: 'query.write' } }, async (request, reply) => {
    const query = await library.get(requireActor(request), request.params.id)
    return await editPage(reply, formOf(query), noErrors, query)
  })

  app.post<ById>('/library/:id/changes', { config: { act: 'query.write' } }, async (request, reply) => {
    const actor = requireActor(request)
    const form = readQueryForm(request.body)
    const query = await library.get(actor, request.params.id)
    try {
      const allowUnknownNames = form.allowUnknownNames === 'true'
      await library.change(actor, query.id, toDraft(form), {
        expectedVersion: form.version,
        allowUnknownNames,
        signal: callerSignal(reply),
      })
      request.session.flash = { kind: 'success', text: `Saved as version ${form.version + 1}.` }
      return reply.redirect(`/library/${query.id}`, 303)
    } catch (error) {
      return await editPage(reply.code(422), form, formErrors(error, fieldOf), query)
    }
  })

  app.post<ById>('/library/:id/removal', { config: { act: 'query.write' } }, async (request, reply) => {
    await library.remove(requireActor(request), request.params.id)
    request.session.flash = { kind: 'success', text: 'The query is removed from the library.' }
    return reply.redirect('/library', 303)
  })

  app.post<ById>('/library/:id/hunts', { config: { act: 'hunt.run' } }, async (request, reply) => {
    const actor = requireActor(request)
    const { id } = request.params
    const typed = readParameters(request.body)
    const { tag } = readInput(tagForm, request.body)
    try {
      const { query, name } = await library.render(actor, id, typed)
      const choice = tag ? { tag } : ('all' as const)
      // It was looked over when it was saved.
      const wanted = { query, name, tenants: choice, allowUnknownNames: true, savedQueryId: id }
      const hunt = await hunts.create(actor, wanted, callerSignal(reply))
      return reply.redirect(`/hunts/${hunt.id}`, 303)
    } catch (error) {
      return await showPage(request, reply.code(422), id, typed, formErrors(error))
    }
  })

  /** The editor with the query filled in: to change it once, or to choose tenants by name. */
  app.post<ById>('/library/:id/editor', { config: { act: 'query.read' } }, async (request, reply) => {
    const actor = requireActor(request)
    const { id } = request.params
    const typed = readParameters(request.body)
    const { tag } = readInput(tagForm, request.body)
    try {
      await library.render(actor, id, typed)
      const address = editorAddress(id, typed, tag)
      if (address.length <= longestAddress) return reply.redirect(address, 303)
      const whole = 'These values are too long to be handed to the editor. Run the query from here.'
      return await showPage(request, reply.code(422), id, typed, { fields: {}, whole })
    } catch (error) {
      return await showPage(request, reply.code(422), id, typed, formErrors(error))
    }
  })

  async function showPage(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    typed: Record<string, string>,
    errors: FormErrors,
  ): Promise<FastifyReply> {
    const actor: Actor = requireActor(request)
    const query = await library.get(actor, id)
    const [versions, schedules, { byTag, total }] = await Promise.all([
      library.versions(actor, id),
      library.schedulesOf(actor, id),
      tenants.summarize(actor),
    ])
    return await reply.page(
      '/library/show',
      { title: query.name, section, breadcrumbs: [{ href: '/library', label: 'Library' }] },
      {
        query: { ...query, tacticName: nameOf(query) },
        paragraphs: query.description.split(/\n\s*\n/).filter(text => text.trim() !== ''),
        versions,
        schedules,
        fields: parameterFields(query, typed, errors.fields),
        errors,
        tenantOptions: tenantOptions(byTag, total),
        mayChange: may(actor, 'query.write') && !query.isBuiltIn,
        mayRemove:
          !query.isBuiltIn &&
          (query.ownerId === actor.id ? may(actor, 'query.write') : may(actor, 'query.manage')),
      },
    )
  }

  async function editPage(
    reply: FastifyReply,
    form: QueryForm,
    errors: FormErrors,
    query: SavedQueryView | null,
  ): Promise<FastifyReply> {
    const title = query ? `Change ${query.name}` : 'Save a query'
    return await reply.page(
      '/library/edit',
      {
        title,
        section,
        breadcrumbs: [
          { href: '/library', label: 'Library' },
          ...(query ? [{ href: `/library/${query.id}`, label: query.name }] : []),
        ],
      },
      { title, form, errors, errorList: listErrors(errors), query, tacticOptions },
    )
  }
}

/** The editor with a saved query, named by its id: its text can be longer than an address may be. */
function editorAddress(id: string, values: Record<string, string>, tag: string): string {
  const parameters = Object.entries(values).map(([name, value]) => [`parameter.${name}`, value])
  const search = new URLSearchParams([['saved', id], ...parameters])
  if (tag) for (const [name, value] of Object.entries({ scope: 'tag', tag })) search.set(name, value)
  return `/hunts?${search}`
}

function nameOf({ tactic }: SavedQueryView): string | null {
  return tactic ? tactics[tactic] : null
}

function firstWords({ description }: SavedQueryView): string {
  const end = description.search(/[.:]\s/)
  return end === -1 ? description : description.slice(0, end + 1).replace(/:$/, '.')
}

function fieldOf(code: string): string | null {
  return code === 'invalid_query' ? 'query' : null
}
