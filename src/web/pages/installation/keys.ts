import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Config } from '../../../config.ts'
import type { ApiKeys } from '../../../staff/keys/api-keys.ts'
import { staffRoles } from '../../../tenants/actor.ts'
import { formErrors } from '../../errors/form-errors.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import { limitsFields, limitsFrom, split } from './limits-form.ts'

const keyForm = z.object({
  name: z.string().max(100).catch('').default(''),
  role: z.enum(staffRoles).catch('reader').default('reader'),
  tags: limitsFields.tags,
  ids: limitsFields.ids,
  expiresInDays: z.coerce.number().optional().catch(undefined),
  addresses: z.string().max(2000).catch('').default(''),
})
type KeyForm = Partial<z.infer<typeof keyForm>>

/** Keys for programs. */
export async function keyRoutes(
  app: FastifyInstance,
  { config, apiKeys }: { config: Config; apiKeys: ApiKeys },
): Promise<void> {
  const life = { usualDays: config.keyDays, mostDays: config.keyMostDays }

  async function show(
    request: FastifyRequest,
    reply: FastifyReply,
    answer: { form?: KeyForm; errors?: Record<string, string>; newKey?: { name: string; key: string } } = {},
  ) {
    const keys = await apiKeys.list(requireActor(request))
    return await reply.page(
      '/settings/api-keys',
      {
        title: 'API keys',
        section: 'settings',
        breadcrumbs: [{ href: '/settings', label: 'Settings' }],
      },
      {
        keys,
        life,
        analystsRespond: config.responders === 'analysts',
        newKey: null,
        form: {},
        errors: {},
        ...answer,
      },
    )
  }

  app.get('/settings/api-keys', { config: { act: 'key.manage' } }, async (request, reply) =>
    show(request, reply),
  )

  app.post('/settings/api-keys', { config: { act: 'key.manage' } }, async (request, reply) => {
    const form = readInput(keyForm, request.body)
    const { name, role, tags, ids, expiresInDays } = form
    try {
      const { key } = await apiKeys.create(requireActor(request), {
        name,
        role,
        tenants: limitsFrom({ sees: (tags + ids).trim() === '' ? 'all' : 'some', tags, ids }),
        addresses: split(form.addresses, /[\s,]+/),
        ...(expiresInDays === undefined ? {} : { expiresInDays }),
      })
      // Not a redirect: the key is shown once, and must not be kept for the next request.
      return await show(request, reply.code(201), { newKey: { name, key } })
    } catch (error) {
      const { fields, whole } = formErrors(error)
      const errors = { ...fields, ...(whole ? { tags: whole } : {}) }
      return await show(request, reply.code(422), { form, errors })
    }
  })

  app.post<{ Params: { id: string } }>(
    '/settings/api-keys/:id/revocation',
    { config: { act: 'key.manage' } },
    async (request, reply) => {
      await apiKeys.revoke(requireActor(request), readInput(z.guid(), request.params.id))
      request.session.flash = {
        kind: 'success',
        text: 'The key is revoked: programs that use it are refused from now on.',
      }
      return reply.redirect('/settings/api-keys', 303)
    },
  )
}
