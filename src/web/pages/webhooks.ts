import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type WebhookFormat, webhookFormats } from '../../notifications/webhooks/formats.ts'
import type { WebhookDraft, WebhookView } from '../../notifications/webhooks/view.ts'
import type { Webhooks } from '../../notifications/webhooks/webhooks.ts'
import type { TenantLimits } from '../../tenants/limits.ts'
import { type FormErrors, formErrors } from '../errors/form-errors.ts'
import { requireActor } from '../plugins/access/actors.ts'
import { readInput } from '../read-input.ts'

type ById = { Params: { id: string } }

const section = 'settings' as const
const noErrors: FormErrors = { fields: {}, whole: null }
const text = (most: number) => z.string().max(most).catch('').default('')
const formSchema = z.object({
  name: text(500),
  url: text(3000),
  format: z
    .enum(Object.keys(webhookFormats) as [WebhookFormat, ...WebhookFormat[]])
    .catch('json')
    .default('json'),
  allowPrivate: z.literal('true').optional().catch(undefined),
  tags: text(1000),
  tenantIds: text(40_000),
  rulesOnly: z.literal('true').optional().catch(undefined),
})
type WebhookForm = z.infer<typeof formSchema>

const formats = Object.entries(webhookFormats).map(([value, label]) => ({ value, label }))
const breadcrumbs = [
  { href: '/settings', label: 'Settings' },
  { href: '/settings/webhooks', label: 'Webhooks' },
]

/** Webhooks, their deliveries, and sending one again. For administrators. */
export async function webhookRoutes(
  app: FastifyInstance,
  { webhooks }: { webhooks: Webhooks },
): Promise<void> {
  app.get('/settings/webhooks', { config: { act: 'webhook.manage' } }, async (request, reply) =>
    listPage(request, reply, formSchema.parse({}), noErrors),
  )

  app.post('/settings/webhooks', { config: { act: 'webhook.manage' } }, async (request, reply) => {
    const form = readInput(formSchema, request.body)
    try {
      const made = await webhooks.create(requireActor(request), toDraft(form))
      // Not a redirect: the secret is shown on this answer alone.
      return await showPage(request, reply.code(201), made.id, formOf(made), noErrors, made.secret)
    } catch (error) {
      return await listPage(request, reply.code(422), form, formErrors(error))
    }
  })

  app.get<ById & { Querystring: Record<string, string> }>(
    '/settings/webhooks/:id',
    { config: { act: 'webhook.manage' } },
    async (request, reply) => {
      const { id } = request.params
      const form = formOf(await webhooks.get(requireActor(request), id))
      return await showPage(request, reply, id, form, noErrors, null)
    },
  )

  app.post<ById>(
    '/settings/webhooks/:id/changes',
    { config: { act: 'webhook.manage' } },
    async (request, reply) => {
      const { id } = request.params
      const form = readInput(formSchema, request.body)
      try {
        await webhooks.change(requireActor(request), id, toDraft(form))
        return flash(request, reply, id, 'The change is saved.')
      } catch (error) {
        return await showPage(request, reply.code(422), id, form, formErrors(error), null)
      }
    },
  )

  for (const [path, enabled, text] of [
    ['pause', false, 'The webhook is paused: it is told nothing.'],
    ['resumption', true, 'The webhook is told again.'],
  ] as const) {
    app.post<ById>(
      `/settings/webhooks/:id/${path}`,
      { config: { act: 'webhook.manage' } },
      async (request, reply) => {
        await webhooks.setEnabled(requireActor(request), request.params.id, enabled)
        return flash(request, reply, request.params.id, text)
      },
    )
  }

  app.post<ById>(
    '/settings/webhooks/:id/test',
    { config: { act: 'webhook.manage' } },
    async (request, reply) => {
      await webhooks.test(requireActor(request), request.params.id)
      return flash(
        request,
        reply,
        request.params.id,
        'A trial message is on its way: see below what became of it.',
      )
    },
  )

  app.post<ById>(
    '/settings/webhooks/:id/secret',
    { config: { act: 'webhook.manage' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const { id } = request.params
      const form = formOf(await webhooks.get(actor, id))
      return await showPage(request, reply, id, form, noErrors, await webhooks.secret(actor, id))
    },
  )

  app.post<ById>(
    '/settings/webhooks/:id/rotation',
    { config: { act: 'webhook.manage' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const { id } = request.params
      const secret = await webhooks.rotateSecret(actor, id)
      return await showPage(request, reply, id, formOf(await webhooks.get(actor, id)), noErrors, secret)
    },
  )

  app.post<ById>(
    '/settings/webhooks/:id/removal',
    { config: { act: 'webhook.manage' } },
    async (request, reply) => {
      await webhooks.remove(requireActor(request), request.params.id)
      request.session.flash = { kind: 'success', text: 'The webhook is removed.' }
      return reply.redirect('/settings/webhooks', 303)
    },
  )

  app.get<{ Params: { id: string; deliveryId: string } }>(
    '/settings/webhooks/:id/deliveries/:deliveryId',
    { config: { act: 'webhook.manage' } },
    async (request, reply) => {
      const actor = requireActor(request)
      const { id, deliveryId } = request.params
      const [webhook, delivery] = await Promise.all([
        webhooks.get(actor, id),
        webhooks.delivery(actor, id, deliveryId),
      ])
      return await reply.page(
        '/webhooks/delivery',
        {
          title: `Message to ${webhook.name}`,
          section,
          breadcrumbs: [...breadcrumbs, { href: `/settings/webhooks/${id}`, label: webhook.name }],
        },
        { webhook, delivery, body: JSON.stringify(JSON.parse(delivery.body), null, 2) },
      )
    },
  )

  app.post<{ Params: { id: string; deliveryId: string } }>(
    '/settings/webhooks/:id/deliveries/:deliveryId/replay',
    { config: { act: 'webhook.manage' } },
    async (request, reply) => {
      const { id, deliveryId } = request.params
      await webhooks.replay(requireActor(request), id, deliveryId)
      return flash(request, reply, id, 'The message is sent again.')
    },
  )

  async function listPage(
    request: FastifyRequest,
    reply: FastifyReply,
    form: WebhookForm,
    errors: FormErrors,
  ) {
    const list = await webhooks.list(requireActor(request))
    return await reply.page(
      '/webhooks/index',
      { title: 'Webhooks', section, breadcrumbs: breadcrumbs.slice(0, 1) },
      { webhooks: list, form, errors, formats, formatNames: webhookFormats },
    )
  }

  async function showPage(
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    form: WebhookForm,
    errors: FormErrors,
    secret: string | null,
  ) {
    const actor = requireActor(request)
    const cursor = z
      .uuid()
      .optional()
      .catch(undefined)
      .parse((request.query as Record<string, string>).cursor)
    const [webhook, page] = await Promise.all([
      webhooks.get(actor, id),
      webhooks.deliveries(actor, id, { limit: 25, cursor: cursor ?? null }),
    ])
    return await reply.page(
      '/webhooks/show',
      { title: webhook.name, section, breadcrumbs },
      {
        webhook,
        limits: limitsOfWebhook(webhook),
        form,
        errors,
        formats,
        formatNames: webhookFormats,
        secret,
        deliveries: page.items,
        nextHref: page.nextCursor ? `/settings/webhooks/${id}?cursor=${page.nextCursor}` : null,
        firstHref: cursor ? `/settings/webhooks/${id}` : null,
      },
    )
  }
}

function flash(request: FastifyRequest, reply: FastifyReply, id: string, text: string) {
  request.session.flash = { kind: 'success', text }
  return reply.redirect(`/settings/webhooks/${id}`, 303)
}

function toDraft({ name, url, format, allowPrivate, tags, tenantIds, rulesOnly }: WebhookForm): WebhookDraft {
  return {
    name,
    url,
    format,
    allowPrivate: allowPrivate === 'true',
    limitedToTags: tags.split(',').filter(tag => tag.trim() !== ''),
    limitedToTenants: tenantIds.split(/[\s,]+/).filter(id => id !== ''),
    rulesOnly: rulesOnly === 'true',
  }
}

function formOf({
  name,
  url,
  format,
  allowPrivate,
  limitedToTags,
  limitedToTenants,
  rulesOnly,
}: WebhookView): WebhookForm {
  return {
    name,
    url,
    format,
    allowPrivate: allowPrivate ? 'true' : undefined,
    tags: limitedToTags.join(', '),
    tenantIds: limitedToTenants.join('\n'),
    rulesOnly: rulesOnly ? 'true' : undefined,
  }
}

function limitsOfWebhook({ limitedToTags: tags, limitedToTenants: ids }: WebhookView): TenantLimits {
  return tags.length + ids.length === 0 ? 'all' : { tags, ids }
}
