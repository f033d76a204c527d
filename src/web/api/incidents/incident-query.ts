import { z } from 'zod'
import { readEntity } from '../../../incidents/entities.ts'
import { type IncidentFilters, incidentSorts } from '../../../incidents/model.ts'
import { incidentStatuses, severities } from '../../../microsoft/defender/index.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { listQuery } from '../schemas.ts'

/** A parameter that may be repeated. */
export function many<T extends z.ZodType>(schema: T) {
  return z.preprocess(
    value => (value === undefined ? undefined : [value].flat()),
    z.array(schema).max(200).optional(),
  )
}

/** Filters of the queue; all that are given must hold. */
export const incidentFilters = z.object({
  tenant: many(z.guid().toLowerCase()).describe('Tenant id; may be repeated'),
  tag: z.string().min(1).max(64).optional().describe('Tag of the tenant'),
  severity: many(z.enum(severities.canonical)).describe('May be repeated'),
  status: many(z.enum(incidentStatuses.canonical)).describe(
    'May be repeated; merged incidents are listed only with `redirected`',
  ),
  assignedTo: z.string().min(1).max(320).optional().describe('A user name, `me`, or `none`'),
  product: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Service source, such as `microsoftDefenderForEndpoint`'),
  category: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Category of an alert, such as `CredentialAccess`'),
  technique: z.string().min(1).max(50).optional().describe('MITRE technique; `T1003` includes `T1003.001`'),
  incidentTag: z.string().min(1).max(200).optional().describe('Tag of the incident'),
  entity: z
    .string()
    .min(1)
    .max(1000)
    .optional()
    .describe('`value` or `kind:value` of a host, user, address, hash, url or mailbox in the evidence'),
  createdSince: z.iso.datetime({ offset: true }).optional(),
  updatedSince: z.iso.datetime({ offset: true }).optional(),
  search: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .optional()
    .describe('Beginnings of words of the title, or the number; all of them'),
  deleted: z.stringbool().optional().describe('`true`: those that Microsoft deleted, instead of the queue'),
})

export const incidentQuery = incidentFilters.extend({
  ...listQuery.shape,
  sort: z.enum(incidentSorts).default('-updatedAt'),
})

/** The filters as the queue takes them. @param actor whom `me` means */
export function toIncidentFilters(query: z.output<typeof incidentFilters>, actor: Actor): IncidentFilters {
  const { tenant, severity, status, assignedTo, entity, createdSince, updatedSince, deleted } = query
  const { tag, product, category, technique, incidentTag, search } = query
  const filters: { [name in keyof IncidentFilters]: IncidentFilters[name] | undefined } = {
    tenants: tenant,
    tag,
    severities: severity,
    statuses: status,
    assignedTo: assignedTo === 'none' ? null : assignedTo === 'me' ? actor.label : assignedTo,
    product,
    category,
    technique: technique?.toUpperCase(),
    incidentTag,
    entity: entity === undefined ? undefined : (readEntity(entity) ?? undefined),
    createdSince: createdSince && new Date(createdSince).toISOString(),
    updatedSince: updatedSince && new Date(updatedSince).toISOString(),
    search,
    isDeleted: deleted,
  }
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined))
}
