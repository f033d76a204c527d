import { z } from 'zod'
import { failure } from '../../../errors.ts'
import { deliveryStatuses, severities } from '../../../notifications/rules/model.ts'
import { webhookFormats } from '../../../notifications/webhooks/formats.ts'
import { time } from '../schemas.ts'

const clock = z.string().max(10).describe('`HH:MM`')

export const ruleConditions = z.strictObject({
  severities: z.array(z.enum(severities)).max(severities.length).default([]).describe('Empty: any'),
  product: z
    .string()
    .max(500)
    .nullable()
    .default(null)
    .describe('Service source of an alert, such as `microsoftDefenderForEndpoint`'),
  words: z
    .string()
    .max(500)
    .nullable()
    .default(null)
    .describe('Beginnings of words of the title; all of them'),
  tenants: z
    .union([
      z.literal('all'),
      z.array(z.string().max(100)).max(1000),
      z.strictObject({ tag: z.string().max(64) }),
    ])
    .default('all')
    .describe(
      '`all`, a list of tenant ids, or those with a tag; always within what the rule’s owner may see',
    ),
})

const target = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('console'), address: z.enum(['owner', 'everyone']) }),
  z.strictObject({ kind: z.literal('email'), address: z.string().max(500) }),
  z.strictObject({ kind: z.literal('webhook'), address: z.guid().describe('Id of a webhook') }),
])

export const ruleDraft = ruleConditions.extend({
  name: z.string().max(500),
  timeZone: z.string().max(100).default('UTC').describe('IANA name, for the quiet time'),
  quiet: z
    .strictObject({
      from: clock,
      until: clock,
      exceptHigh: z.boolean().default(true).describe('Whether high severity is told all the same'),
    })
    .nullable()
    .default(null)
    .describe('What comes in this time is told in one message when it ends; the console is told at once'),
  targets: z.array(target).max(50),
})

const targetShape = z.object({
  id: z.string(),
  kind: z.enum(['console', 'email', 'webhook']),
  address: z.string(),
  label: z.string(),
  format: z
    .enum(Object.keys(webhookFormats) as [string, ...string[]])
    .nullable()
    .describe('Of a webhook'),
})

export const ruleDeliveryShape = z.object({
  id: z.string(),
  kind: z.enum(['incident', 'digest', 'test']),
  status: z.enum(deliveryStatuses).describe('`dropped`: there was nothing left to tell'),
  target: targetShape,
  incidents: z
    .array(z.object({ id: z.string(), title: z.string(), tenantName: z.string() }))
    .describe('The first five that you may see'),
  incidentCount: z.number().int(),
  revision: z.number().int().describe('How often it was delivered: the first time, then each update'),
  attempts: z.number().int(),
  nextAttemptAt: time.nullable(),
  answer: z.string().nullable().describe('What the channel said'),
  failure: failure.nullable(),
  durationMs: z.number().int().nullable(),
  createdAt: time,
  deliveredAt: time.nullable(),
})

export const ruleShape = z.object({
  id: z.string(),
  name: z.string(),
  severities: z.array(z.string()),
  product: z.string().nullable(),
  words: z.string().nullable(),
  tenants: z.union([z.literal('all'), z.array(z.string()), z.object({ tag: z.string() })]),
  timeZone: z.string(),
  quiet: z.object({ from: z.string(), until: z.string(), exceptHigh: z.boolean() }).nullable(),
  targets: z.array(targetShape),
  enabled: z.boolean(),
  owner: z.string(),
  isOwn: z.boolean(),
  activeSince: time.describe('Incidents created before are not told'),
  createdAt: time,
  updatedAt: time,
  problem: failure.nullable().describe('Why it tells nothing although it is on'),
  lastDelivery: ruleDeliveryShape.nullable(),
})
