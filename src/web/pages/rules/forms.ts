import { z } from 'zod'
import {
  type RuleConditions,
  type RuleDraft,
  type RuleView,
  severities,
  type TargetDraft,
} from '../../../notifications/rules/model.ts'
import { readInput } from '../../read-input.ts'

const text = (most: number) => z.string().max(most).catch('').default('')
const many = <T extends z.ZodType>(schema: T) =>
  z.preprocess(value => (value === undefined ? [] : [value].flat()), z.array(schema).max(1000).catch([]))
const tick = z.literal('true').optional().catch(undefined)

const form = z.object({
  name: text(1000),
  severity: many(z.enum(severities)),
  product: text(300),
  words: text(300),
  scope: z.enum(['all', 'tag', 'chosen']).catch('all').default('all'),
  tag: text(64),
  tenantIds: many(z.guid()),
  tenantSearch: text(200),
  console: z.enum(['none', 'owner', 'everyone']).catch('owner').default('owner'),
  emails: text(5000),
  webhook: many(z.guid()),
  quiet: tick,
  quietFrom: text(10),
  quietUntil: text(10),
  exceptHigh: tick,
  timeZone: text(100),
})

/** What stands in the form of a rule. */
export type RuleForm = z.infer<typeof form>

/** Never throws: what makes no sense counts as not given, and saving says what is wrong. */
export function readRuleForm(body: unknown): RuleForm {
  return readInput(form, body)
}

export function newRuleForm(): RuleForm {
  return {
    ...form.parse({}),
    severity: ['high'],
    quietFrom: '22:00',
    quietUntil: '07:00',
    exceptHigh: 'true',
    timeZone: 'UTC',
  }
}

export function formOf(rule: RuleView): RuleForm {
  const { name, product, words, tenants, quiet, timeZone, targets } = rule
  const of = (kind: TargetDraft['kind']) =>
    targets.filter(one => one.kind === kind).map(({ address }) => address)
  const [inConsole = 'none'] = of('console')
  return {
    name,
    severity: rule.severities,
    product: product ?? '',
    words: words ?? '',
    scope: tenants === 'all' ? 'all' : Array.isArray(tenants) ? 'chosen' : 'tag',
    tag: tenants !== 'all' && !Array.isArray(tenants) ? tenants.tag : '',
    tenantIds: Array.isArray(tenants) ? tenants : [],
    tenantSearch: '',
    console: inConsole as RuleForm['console'],
    emails: of('email').join('\n'),
    webhook: of('webhook'),
    quiet: quiet ? 'true' : undefined,
    quietFrom: quiet?.from ?? '22:00',
    quietUntil: quiet?.until ?? '07:00',
    exceptHigh: (quiet?.exceptHigh ?? true) ? 'true' : undefined,
    timeZone,
  }
}

export function toConditions({ severity, product, words, scope, tag, tenantIds }: RuleForm): RuleConditions {
  return {
    severities: severity,
    product: product.trim() || null,
    words: words.trim() || null,
    tenants: scope === 'tag' ? { tag } : scope === 'chosen' ? tenantIds : 'all',
  }
}

export function toDraft(given: RuleForm): RuleDraft {
  const { name, quiet, quietFrom, quietUntil, exceptHigh, timeZone, webhook } = given
  const emails = given.emails.split(/[\n,;]+/).filter(email => email.trim() !== '')
  return {
    name,
    ...toConditions(given),
    timeZone: timeZone || 'UTC',
    quiet: quiet ? { from: quietFrom, until: quietUntil, exceptHigh: exceptHigh === 'true' } : null,
    targets: [
      ...(given.console === 'none' ? [] : [{ kind: 'console' as const, address: given.console }]),
      ...emails.map(address => ({ kind: 'email' as const, address })),
      ...webhook.map(address => ({ kind: 'webhook' as const, address })),
    ],
  }
}
