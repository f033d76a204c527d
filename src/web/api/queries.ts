import type { FastifyInstance } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Library } from '../../hunting/library/library.ts'
import { tacticNames } from '../../hunting/library/tactics.ts'
import { parameterTypes } from '../../hunting/query/literals.ts'
import { callerSignal } from '../caller-signal.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { listOf, listQuery, problem, refusals, time } from './schemas.ts'

const tactic = z.enum(tacticNames)

const content = {
  name: z.string(),
  description: z.string(),
  tactic: tactic.nullable(),
  techniques: z.array(z.string()).describe('Of ATT&CK, such as `T1059.001`'),
  tags: z.array(z.string()),
  query: z.string().describe('KQL; parameters are declared in it by `declare query_parameters(…)`'),
}

const savedQuery = z.object({
  id: z.string(),
  ...content,
  isBuiltIn: z.boolean().describe('Came with Tenantry: copied rather than changed'),
  slug: z.string().nullable().describe('Short name that stays, of those that came with Tenantry'),
  version: z.number().int(),
  owner: z.string(),
  createdAt: time,
  updatedAt: time,
  parameters: z.array(
    z.object({
      name: z.string(),
      type: z.enum(parameterTypes),
      defaultValue: z.string().nullable().describe('Null: a value is needed'),
    }),
  ),
})

const version = z.object({
  version: z.number().int(),
  ...content,
  changedBy: z.string(),
  changedAt: time,
})

const draft = z.strictObject({
  name: z.string().max(500),
  description: z.string().max(10_000).default(''),
  tactic: tactic.nullable().default(null),
  techniques: z.array(z.string().max(20)).max(50).default([]),
  tags: z.array(z.string().max(100)).max(50).default([]),
  query: z.string().max(200_000),
  allowUnknownNames: z
    .boolean()
    .default(false)
    .describe('Save in spite of every objection but that the query does not parse'),
})

const imported = z.object({
  source: z.string().describe('The file, with the number of the document where it has several'),
  outcome: z.enum(['created', 'updated', 'unchanged', 'refused']),
  id: z.string().nullable(),
  name: z.string().nullable(),
  reason: z.string().nullable().describe('Why it was refused'),
  remedy: z.string().nullable(),
})

const byId = z.object({ id: z.guid() })

/** The library of saved queries. */
export async function queryApi(app: FastifyInstance, { library }: { library: Library }): Promise<void> {
  const api = app.withTypeProvider<ZodTypeProvider>()
  const tags = ['Library']

  api.get(
    '/queries',
    {
      config: { act: 'query.read' },
      schema: {
        tags,
        summary: 'List saved queries by name',
        querystring: listQuery.extend({
          search: z.string().max(200).optional().describe('Part of a name, a text or a technique'),
          tactic: tactic.optional(),
          tag: z.string().max(64).optional(),
        }),
        response: { 200: listOf(savedQuery), ...refusals },
      },
    },
    async request => {
      const { limit, cursor, ...filters } = request.query
      return await library.list(requireActor(request), given(filters), { limit, cursor: cursor ?? null })
    },
  )

  api.get(
    '/queries/:id',
    {
      config: { act: 'query.read' },
      schema: {
        tags,
        summary: 'Get a saved query',
        params: byId,
        response: { 200: savedQuery, ...refusals },
      },
    },
    async request => await library.get(requireActor(request), request.params.id),
  )

  api.post(
    '/queries',
    {
      config: { act: 'query.write' },
      schema: {
        tags,
        summary: 'Save a query',
        body: draft,
        response: { 201: savedQuery, 409: problem, ...refusals },
      },
    },
    async (request, reply) => {
      const { allowUnknownNames, ...body } = request.body
      const options = { allowUnknownNames, signal: callerSignal(reply) }
      return reply.code(201).send(await library.create(requireActor(request), body, options))
    },
  )

  api.post(
    '/queries/imports',
    {
      config: { act: 'query.write' },
      bodyLimit: 10 * 1024 * 1024,
      schema: {
        tags,
        summary: 'Import queries from files',
        description:
          'YAML as in Microsoft’s public hunting repositories: `id`, `name`, `description`, `tactics`, `relevantTechniques`, `query`. A query keeps the id of its file, so a second import updates it. What is refused stops nothing else.',
        body: z.strictObject({
          files: z
            .array(z.strictObject({ name: z.string().min(1).max(500), text: z.string() }))
            .min(1)
            .max(1000),
          allowUnknownNames: z.boolean().default(false),
        }),
        response: { 200: z.object({ results: z.array(imported) }), ...refusals },
      },
    },
    async (request, reply) => {
      const { files, allowUnknownNames } = request.body
      const options = { allowUnknownNames, signal: callerSignal(reply) }
      return { results: await library.importFiles(requireActor(request), files, options) }
    },
  )

  api.get(
    '/queries/:id/file',
    {
      config: { act: 'query.read' },
      schema: {
        tags,
        summary: 'Get a saved query as a YAML file',
        params: byId,
        response: { 200: z.string(), ...refusals },
      },
    },
    async (request, reply) => {
      const { fileName, text } = await library.exportFile(requireActor(request), request.params.id)
      return reply
        .header('content-type', 'application/yaml; charset=utf-8')
        .header('content-disposition', `attachment; filename="${fileName}"`)
        .send(text)
    },
  )

  api.put(
    '/queries/:id',
    {
      config: { act: 'query.write' },
      schema: {
        tags,
        summary: 'Change a saved query',
        description: '`version` is the one that the change was made from; 409 when somebody was faster.',
        params: byId,
        body: draft.extend({ version: z.number().int().min(1) }),
        response: { 200: savedQuery, 409: problem, ...refusals },
      },
    },
    async (request, reply) => {
      const { allowUnknownNames, version, ...body } = request.body
      const options = { allowUnknownNames, expectedVersion: version, signal: callerSignal(reply) }
      return await library.change(requireActor(request), request.params.id, body, options)
    },
  )

  api.delete(
    '/queries/:id',
    {
      config: { act: 'query.write' },
      schema: {
        tags,
        summary: 'Remove a saved query and its history',
        params: byId,
        response: { 204: z.null(), 409: problem, ...refusals },
      },
    },
    async (request, reply) => {
      await library.remove(requireActor(request), request.params.id)
      return reply.code(204).send(null)
    },
  )

  api.get(
    '/queries/:id/versions',
    {
      config: { act: 'query.read' },
      schema: {
        tags,
        summary: 'List what a saved query was, newest first',
        params: byId,
        response: { 200: z.object({ items: z.array(version) }), ...refusals },
      },
    },
    async request => ({ items: await library.versions(requireActor(request), request.params.id) }),
  )

  api.post(
    '/queries/:id/rendering',
    {
      config: { act: 'query.read' },
      schema: {
        tags,
        summary: 'Fill in the parameters of a saved query',
        params: byId,
        body: z.strictObject({
          parameters: z.record(z.string(), z.string()).default({}).describe('As typed: `7d`, `10`, any text'),
          version: z.number().int().min(1).optional().describe('The newest unless told'),
        }),
        response: {
          200: z.object({ query: z.string(), name: z.string(), version: z.number().int() }),
          ...refusals,
        },
      },
    },
    async request => {
      const { parameters, version } = request.body
      return await library.render(requireActor(request), request.params.id, parameters, version)
    },
  )
}

/** Without what was not asked for. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
