import { z } from 'zod'
import { classifications, settableDeterminations } from '../data/members.ts'
import { consentOutcomes } from '../entra/context.ts'
import type { Control } from './control.ts'
import { newFault, newFaults, services } from './fault.ts'
import { retiredAnswers } from './retirements.ts'

type Operation = { run(control: Control, input: unknown): unknown }

function operation<T extends z.ZodType>(
  schema: T,
  run: (control: Control, input: z.output<T>) => unknown,
): Operation {
  return { run: (control, input) => run(control, schema.parse(input ?? {})) }
}

const surface = z.enum(['graph', 'defender', 'endpoint'])
const tenant = z.string().min(1)
const nothing = z.strictObject({})
const onlyTenant = z.strictObject({ tenant })
const licenses = z.array(
  z.enum(['defender-xdr', 'endpoint', 'office365', 'identity', 'cloud-apps', 'entra-p2']),
)
const delay = z.int().nonnegative()
/** any refusal of Entra's, by its number */
const refusal = z.strictObject({ aadsts: z.int().positive(), error: z.string().optional() })
const portalChange = z.strictObject({
  tenant,
  id: z.string(),
  status: z.enum(['active', 'inProgress', 'resolved']).optional(),
  assignedTo: z.string().nullable().optional(),
  classification: z.enum(classifications).optional(),
  determination: z.enum(settableDeterminations).optional(),
  customTags: z.array(z.string()).optional(),
  comment: z.string().optional(),
  by: z.string().optional(),
  skewMs: z.int().optional(),
  lateMs: delay.optional(),
})

/** What can be asked over HTTP: `POST /__simulator/<name>` with these members, none other. */
export const operations: Record<string, Operation> = {
  'add-fault': operation(newFault, (control, fault) => control.addFault(fault)),
  'fault-many': operation(newFaults, (control, faults) => control.faultMany(faults)),
  'remove-fault': operation(z.strictObject({ id: z.string() }), (control, { id }) => ({
    removed: control.removeFault(id),
  })),
  'clear-faults': operation(nothing, control => control.clearFaults()),
  'set-latency': operation(
    z.strictObject({ ms: delay, service: z.enum(services).optional(), tenantId: z.guid().optional() }),
    (control, latency) => control.setLatency(latency),
  ),
  'set-quota': operation(
    z.strictObject({ enabled: z.boolean().optional(), scale: z.number().positive().optional() }),
    (control, quota) => control.setQuota(quota),
  ),
  'set-hunting-limits': operation(
    z.strictObject({
      rows: z.int().positive().optional(),
      bytes: z.int().positive().optional(),
      seconds: z.number().positive().optional(),
    }),
    (control, limits) => control.setHuntingLimits(limits),
  ),
  'retire-api': operation(
    z.strictObject({
      surface: z.enum(['defender', 'endpoint']),
      answer: z.enum(retiredAnswers).default('410'),
      host: z.string().min(1).optional(),
      tenant: tenant.optional(),
    }),
    (control, retirement) => control.retireApi(retirement),
  ),
  'restore-apis': operation(nothing, control => control.restoreApis()),
  'set-endpoint-audience': operation(
    z.strictObject({ host: z.string().min(1), surface }),
    (control, { host, surface }) => control.setEndpointAudience(host, surface),
  ),
  'fail-next-action': operation(
    z.strictObject({ failure: z.enum(['Failed', 'TimeOut']), tenant: tenant.optional() }),
    (control, next) => control.failNextAction(next.failure, next.tenant),
  ),
  'set-propagation': operation(
    z.strictObject({ principal: delay.optional(), roles: delay.optional() }),
    (control, propagation) => control.setPropagation(propagation),
  ),
  'set-token-options': operation(
    z.strictObject({
      lifetimeSeconds: z.int().positive().optional(),
      refreshInSeconds: z.int().positive().optional(),
    }),
    (control, options) => control.setTokenOptions(options),
  ),
  'advance-clock': operation(z.strictObject({ ms: z.int() }), (control, { ms }) => ({
    now: control.advanceClock(ms).toISOString(),
  })),
  'set-next-consent': operation(
    z.strictObject({ outcome: z.union([z.enum(consentOutcomes), refusal]), tenant: tenant.optional() }),
    (control, next) => control.setNextConsent(next.outcome, next.tenant),
  ),
  'set-next-sign-in': operation(refusal.extend({ tenant: tenant.optional() }), (control, next) =>
    control.setNextSignIn(next),
  ),
  'set-directory-roles-claim': operation(z.strictObject({ isEmitted: z.boolean() }), (control, it) =>
    control.setDirectoryRolesClaim(it.isEmitted),
  ),
  'set-auth-time-claim': operation(z.strictObject({ isEmitted: z.boolean() }), (control, it) =>
    control.setAuthTimeClaim(it.isEmitted),
  ),
  'grant-consent': operation(
    z.strictObject({ tenant, roles: z.array(z.string()).optional(), isOld: z.boolean().optional() }),
    (control, grant) => control.grantConsent(grant.tenant, grant.roles, grant.isOld),
  ),
  'revoke-consent': operation(onlyTenant, (control, it) => control.revokeConsent(it.tenant)),
  'remove-roles': operation(z.strictObject({ tenant, roles: z.array(z.string()).min(1) }), (control, it) =>
    control.removeRoles(it.tenant, it.roles),
  ),
  'disable-app': operation(onlyTenant, (control, it) => control.setAppEnabled(it.tenant, false)),
  'enable-app': operation(onlyTenant, (control, it) => control.setAppEnabled(it.tenant, true)),
  'delete-enterprise-app': operation(onlyTenant, (control, it) => control.deleteEnterpriseApp(it.tenant)),
  'set-block': operation(
    z.strictObject({ tenant, reason: z.enum(['inactivity', 'fraud']).nullable() }),
    (control, it) => control.setBlock(it.tenant, it.reason),
  ),
  'delete-tenant': operation(onlyTenant, (control, it) => control.deleteTenant(it.tenant)),
  'restore-tenant': operation(z.strictObject({ tenantId: z.guid() }), (control, it) =>
    control.restoreTenant(it.tenantId),
  ),
  'set-licenses': operation(z.strictObject({ tenant, licenses }), (control, it) =>
    control.setLicenses(it.tenant, it.licenses),
  ),
  'set-resource': operation(
    z.strictObject({ tenant, surface, status: z.enum(['present', 'missing', 'disabled']) }),
    (control, it) => control.setResource(it.tenant, it.surface, it.status),
  ),
  'add-permission': operation(
    z.strictObject({ surface, role: z.string().min(1), id: z.guid() }),
    (control, permission) => control.addPermission(permission),
  ),
  'remove-permission': operation(z.strictObject({ surface, role: z.string() }), (control, it) =>
    control.removePermission(it.surface, it.role),
  ),
  'expire-secret': operation(z.strictObject({ value: z.string().optional() }), (control, { value }) =>
    control.expireSecret(value),
  ),
  'add-secret': operation(
    z.strictObject({ value: z.string().min(1), expiresAt: z.coerce.date() }),
    (control, it) => control.addSecret(it.value, it.expiresAt),
  ),
  'remove-secret': operation(z.strictObject({ value: z.string() }), (control, { value }) =>
    control.removeSecret(value),
  ),
  'register-certificate': operation(z.strictObject({ pem: z.string() }), (control, { pem }) =>
    control.registerCertificate(pem),
  ),
  'remove-certificates': operation(nothing, control => control.removeCertificates()),
  'register-federated-credential': operation(
    z.strictObject({
      issuer: z.string(),
      subject: z.string(),
      audience: z.string(),
      keys: z.array(z.record(z.string(), z.unknown())).optional(),
    }),
    (control, credential) => control.registerFederatedCredential(credential),
  ),
  'roll-keys': operation(nothing, control => control.rollKeys()),
  'raise-incident': operation(onlyTenant, (control, it) => control.raiseIncident(it.tenant)),
  'change-incident': operation(portalChange, (control, { tenant, id, ...change }) =>
    // An absent member and an undefined one mean the same here.
    control.changeIncident(tenant, id, JSON.parse(JSON.stringify(change))),
  ),
  'merge-incident': operation(z.strictObject({ tenant, id: z.string(), into: z.string() }), (control, it) =>
    control.mergeIncident(it.tenant, it.id, it.into),
  ),
  'delete-incident': operation(z.strictObject({ tenant, id: z.string() }), (control, it) =>
    control.deleteIncident(it.tenant, it.id),
  ),
  'reset-requests': operation(nothing, control => control.resetRequests()),
}
