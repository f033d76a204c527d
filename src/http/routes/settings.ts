import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Config } from '../../config.ts'
import { AppError } from '../../errors.ts'
import type { ApiKeys } from '../../staff/api-keys.ts'
import type { Members } from '../../staff/members.ts'
import { requireAct } from '../../tenants/actor.ts'
import { readTags } from '../../tenants/tags.ts'
import type { Tokens } from '../../tokens/index.ts'
import { requireActor } from '../plugins/actors.ts'

type SettingsOptions = { config: Config; apiKeys: ApiKeys; members: Members; tokens: Tokens }

const keyForm = z.object({
  name: z.string().trim().min(1, 'Say what the key is for').max(100),
  role: z.enum(['admin', 'analyst', 'reader'], 'Choose what the key may do'),
  tags: z.string().max(1000).default(''),
})

/** What administrators set up: keys for programs, what staff may see; and the settings in force. */
export async function settingsRoutes(app: FastifyInstance, options: SettingsOptions): Promise<void> {
  const { config, apiKeys, members, tokens } = options

  async function view(actor: ReturnType<typeof requireActor>) {
    const [keys, staff, credentials] = await Promise.all([
      apiKeys.list(actor),
      members.list(actor),
      tokens.expiry(),
    ])
    return { keys, staff, credentials, settings: settingsInForce(config), newKey: null, form: {}, errors: {} }
  }

  app.get('/settings', async (request, reply) => {
    const actor = requireActor(request)
    requireAct(actor, 'manage-staff')
    return await reply.page('/settings/index', { title: 'Settings', section: 'settings' }, await view(actor))
  })

  app.post('/settings/api-keys', { preHandler: app.csrfProtection }, async (request, reply) => {
    const actor = requireActor(request)
    const facts = { title: 'Settings', section: 'settings' } as const
    const form = keyForm.safeParse(request.body)
    if (!form.success) {
      const errors = Object.fromEntries(form.error.issues.map(issue => [issue.path[0], issue.message]))
      return await reply
        .code(422)
        .page('/settings/index', facts, { ...(await view(actor)), form: request.body, errors })
    }
    const { name, role, tags } = form.data
    const { key } = await apiKeys.create(actor, { name, role, limitedToTags: splitTags(tags) })
    // Not a redirect: the key is shown once, and must not be kept for the next request.
    return await reply
      .code(201)
      .page('/settings/index', facts, { ...(await view(actor)), newKey: { name, key } })
  })

  app.post<{ Params: { id: string } }>(
    '/settings/api-keys/:id/revocation',
    { preHandler: app.csrfProtection },
    async (request, reply) => {
      await apiKeys.revoke(requireActor(request), z.guid().parse(request.params.id))
      request.session.flash = {
        kind: 'success',
        text: 'The key is revoked: programs that use it are refused from now on.',
      }
      return reply.redirect('/settings', 303)
    },
  )

  app.post<{ Params: { objectId: string } }>(
    '/settings/staff/:objectId/limits',
    { preHandler: app.csrfProtection },
    async (request, reply) => {
      const actor = requireActor(request)
      const objectId = z.guid().safeParse(request.params.objectId)
      if (!objectId.success) throw new AppError('not_found', 'nobody with that id ever signed in')
      const { tags } = z.object({ tags: z.string().max(1000).default('') }).parse(request.body)
      const limits = splitTags(tags)
      await members.limit(actor, objectId.data, limits)
      request.session.flash = {
        kind: 'success',
        text:
          limits.length > 0
            ? `Sees only tenants tagged ${limits.join(', ')} from now on.`
            : 'Sees every tenant from now on.',
      }
      return reply.redirect('/settings', 303)
    },
  )
}

function splitTags(text: string): string[] {
  return readTags(text.split(',').filter(tag => tag.trim() !== ''))
}

/** Names, values and meaning; secrets are not among them. */
function settingsInForce(config: Config): { label: string; value: string }[] {
  const { substitution } = config
  return [
    { label: 'Address', value: config.publicUrl },
    { label: 'Cloud', value: config.demo ? 'simulator' : config.cloud },
    { label: 'Partner tenant', value: config.partnerTenantId },
    { label: 'Application (client) id', value: config.clientId },
    { label: 'Required permissions', value: config.requiredRoles.join(', ') },
    {
      label: 'Also asked for',
      value: config.askedRoles.filter(role => !config.requiredRoles.includes(role)).join(', ') || 'nothing',
    },
    {
      label: 'Database',
      value: config.databaseUrl ? 'PostgreSQL of DATABASE_URL' : `embedded in ${config.dataDir}`,
    },
    {
      label: 'This process does',
      value: { all: 'pages and jobs', web: 'pages', worker: 'jobs' }[config.role],
    },
    { label: 'Share of the hunting quota', value: `${Math.round(config.huntingShare * 100)} %` },
    { label: 'Hunt results are kept', value: `${config.huntRetentionDays} days` },
    ...Object.entries(substitution).flatMap(([service, origin]) =>
      origin ? [{ label: `Origin used for ${service}`, value: origin }] : [],
    ),
  ]
}
