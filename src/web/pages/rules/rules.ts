import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  deliveryStatuses,
  type RuleDeliveryView,
  type RuleView,
  severities,
} from '../../../notifications/rules/model.ts'
import type { Rules } from '../../../notifications/rules/rules.ts'
import { webhookFormats } from '../../../notifications/webhooks/formats.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { may } from '../../../tenants/permissions.ts'
import type { Tenants } from '../../../tenants/tenants.ts'
import { type FormErrors, formErrors } from '../../errors/form-errors.ts'
import { tagOptions, timeZoneOptions } from '../../form-options.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { readInput } from '../../read-input.ts'
import { findPicker } from '../hunts/editor/picker.ts'
import { queueHref } from '../incidents/queue/queue-address.ts'
import { productName, productNames } from '../incidents/words.ts'
import { formOf, newRuleForm, type RuleForm, readRuleForm, toConditions, toDraft } from './forms.ts'
import { conditionWords, deliveryBadge, deliverySubject, ruleBadge, testWords } from './words.ts'

type ById = { Params: { id: string } }
type RuleOptions = { rules: Rules; tenants: Tenants; config: { mail: unknown } }

const section = 'notifications' as const
const config = { act: 'rule.write' } as const
const noErrors: FormErrors = { fields: {}, whole: null }
const pageQuery = z.object({
  cursor: z.uuid().optional().catch(undefined),
  status: z.enum(deliveryStatuses).optional().catch(undefined),
})
const home = '/notifications/rules'
const breadcrumbs = [
  { href: '/notifications', label: 'Notifications' },
  { href: home, label: 'Rules' },
]

/** Rules that tell of new incidents: what they tell, where, and what became of their messages. */
export async function ruleRoutes(app: FastifyInstance, options: RuleOptions): Promise<void> {
  const { rules, tenants } = options

  app.get(home, { config }, async (request, reply) => {
    const { cursor } = readInput(pageQuery, request.query)
    const page = await rules.list(requireActor(request), { limit: 50, cursor: cursor ?? null })
    return await reply.page(
      '/rules/index',
      { title: 'Notification rules', section, breadcrumbs: breadcrumbs.slice(0, 1) },
      {
        rules: page.items.map(showRule),
        nextHref: page.nextCursor ? `${home}?cursor=${page.nextCursor}` : null,
        firstHref: cursor ? home : null,
      },
    )
  })

  app.get(`${home}/new`, { config }, async (request, reply) =>
    editPage(request, reply, newRuleForm(), noErrors, null),
  )

  /** How much the conditions find, as somebody chooses them. */
  app.get(`${home}/preview`, { config }, async (request, reply) =>
    reply.partial('/rules/_preview', await previewOf(requireActor(request), readRuleForm(request.query))),
  )

  app.get(`${home}/tenants`, { config }, async (request, reply) => {
    const form = readRuleForm(request.query)
    return await reply.partial('/hunts/_picker', { picker: await pickerOf(requireActor(request), form) })
  })

  app.post(home, { config }, async (request, reply) => {
    const form = readRuleForm(request.body)
    try {
      const { id } = await rules.create(requireActor(request), toDraft(form))
      return flash(request, reply, id, 'The rule is on. Send a test to see whether its messages arrive.')
    } catch (error) {
      return await editPage(request, reply.code(422), form, formErrors(error), null)
    }
  })

  app.get<ById>(`${home}/:id`, { config }, async (request, reply) => {
    const actor = requireActor(request)
    const { id } = request.params
    const { cursor, status } = readInput(pageQuery, request.query)
    const [rule, page] = await Promise.all([
      rules.get(actor, id),
      rules.deliveries(actor, id, { limit: 25, cursor: cursor ?? null, status }),
    ])
    const here = `${home}/${id}`
    const address = status ? `${here}?status=${status}` : here
    return await reply.page(
      '/rules/show',
      { title: rule.name, section, breadcrumbs },
      {
        rule: showRule(rule),
        deliveries: page.items.map(one => showDelivery(one, new Date())),
        isFailedOnly: status === 'failed',
        nextHref: page.nextCursor
          ? `${here}?${status ? `status=${status}&` : ''}cursor=${page.nextCursor}`
          : null,
        firstHref: cursor ? address : null,
        mayTakeOver: !rule.isOwn && may(actor, 'rule.manage'),
      },
    )
  })

  app.get<ById>(`${home}/:id/edit`, { config }, async (request, reply) => {
    const rule = await rules.get(requireActor(request), request.params.id)
    return await editPage(request, reply, formOf(rule), noErrors, rule)
  })

  app.post<ById>(`${home}/:id/changes`, { config }, async (request, reply) => {
    const actor = requireActor(request)
    const rule = await rules.get(actor, request.params.id)
    const form = readRuleForm(request.body)
    try {
      await rules.change(actor, rule.id, toDraft(form))
      return flash(request, reply, rule.id, 'The change is saved.')
    } catch (error) {
      return await editPage(request, reply.code(422), form, formErrors(error), rule)
    }
  })

  for (const [path, enabled, text] of [
    ['pause', false, 'The rule is paused: it tells nothing, not even later.'],
    ['resumption', true, 'The rule is on: it tells of incidents created from now on.'],
  ] as const) {
    app.post<ById>(`${home}/:id/${path}`, { config }, async (request, reply) => {
      const { id } = await rules.setEnabled(requireActor(request), request.params.id, enabled)
      return flash(request, reply, id, text)
    })
  }

  app.post<ById>(`${home}/:id/ownership`, { config: { act: 'rule.manage' } }, async (request, reply) => {
    const { id } = await rules.takeOver(requireActor(request), request.params.id)
    return flash(request, reply, id, 'The rule is yours: it sees what you see.')
  })

  app.post<ById>(`${home}/:id/removal`, { config }, async (request, reply) => {
    await rules.remove(requireActor(request), request.params.id)
    request.session.flash = { kind: 'success', text: 'The rule is removed.' }
    return reply.redirect(home, 303)
  })

  app.post<{ Params: { id: string; targetId: string } }>(
    `${home}/:id/targets/:targetId/test`,
    { config },
    async (request, reply) => {
      const { id, targetId } = request.params
      request.session.flash = testWords(await rules.test(requireActor(request), id, targetId))
      return reply.redirect(`${home}/${id}`, 303)
    },
  )

  async function editPage(
    request: FastifyRequest,
    reply: FastifyReply,
    form: RuleForm,
    errors: FormErrors,
    rule: RuleView | null,
  ): Promise<FastifyReply> {
    const actor = requireActor(request)
    const [picker, { byTag: tags }, webhooks, preview] = await Promise.all([
      pickerOf(actor, form),
      tenants.summarize(actor),
      rules.webhooks(actor),
      previewOf(actor, form),
    ])
    const title = rule ? `Change ${rule.name}` : 'New rule'
    const crumbs = rule ? [...breadcrumbs, { href: `${home}/${rule.id}`, label: rule.name }] : breadcrumbs
    return await reply.page(
      '/rules/edit',
      { title, section, breadcrumbs: crumbs },
      {
        rule,
        form,
        errors,
        picker,
        tags: tagOptions(tags),
        ...preview,
        severities: severities.map(value => ({
          value,
          label: value.charAt(0).toUpperCase() + value.slice(1),
        })),
        products: productsFor(form.product),
        webhooks: webhooks.map(({ format, ...one }) => ({
          ...one,
          formatName: Object.entries(webhookFormats).find(([known]) => known === format)?.[1] ?? format,
        })),
        hasMail: options.config.mail !== null,
        timeZones: timeZoneOptions(),
      },
    )
  }

  async function pickerOf(actor: Actor, form: RuleForm) {
    const picker = await findPicker(tenants, actor, form.tenantSearch, form.tenantIds)
    // Whether a tenant can be hunted in says nothing about its incidents.
    const plain = (some: typeof picker.found) => some.map(tenant => ({ ...tenant, canHunt: true }))
    return { ...picker, chosen: plain(picker.chosen), found: plain(picker.found) }
  }

  async function previewOf(actor: Actor, form: RuleForm) {
    const conditions = toConditions(form)
    const { matches, isExact, days } = await rules.preview(actor, conditions)
    const { severity, product, words, scope, tag, tenantIds } = form
    const href = queueHref({
      severity,
      product,
      search: words,
      status: ['all'],
      age: '7d',
      ...(scope === 'tag' && { tag }),
      ...(scope === 'chosen' && { tenant: tenantIds }),
    })
    return { preview: { matches, isExact, days, href, words: conditionWords(conditions) } }
  }
}

function productsFor(chosen: string) {
  const known = Object.entries(productNames).map(([value, label]) => ({ value, label }))
  const own = chosen === '' || chosen in productNames ? [] : [{ value: chosen, label: productName(chosen) }]
  return [{ value: '', label: 'Any product' }, ...known, ...own]
}

function showRule(rule: RuleView) {
  const { lastDelivery } = rule
  return {
    ...rule,
    badge: ruleBadge(rule),
    conditionWords: conditionWords(rule),
    targetWords: rule.targets.map(({ label }) => label).join(', '),
    lastDelivery: lastDelivery && showDelivery(lastDelivery, new Date()),
  }
}

function showDelivery(delivery: RuleDeliveryView, now: Date) {
  return { ...delivery, badge: deliveryBadge(delivery, now), subject: deliverySubject(delivery) }
}

function flash(request: FastifyRequest, reply: FastifyReply, id: string, text: string) {
  request.session.flash = { kind: 'success', text }
  return reply.redirect(`${home}/${id}`, 303)
}
