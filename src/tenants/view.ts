import { type Failure, readStoredFailure } from '../errors.ts'
import type { Surface } from '../microsoft/clouds/clouds.ts'
import { type Capability, chooseSurfaces, type Ending } from '../microsoft/roles/capabilities.ts'
import { type Contact, readStoredContact } from './contact.ts'
import type { ShownStatus, TenantRecord } from './store.ts'

export type SurfaceView = {
  surface: Surface
  /** working, failing, or unused when nothing uses it */
  status: string
  lastSuccessAt: string | null
  lastError: Failure | null
  /** What uses this surface in this tenant. */
  capabilities: Capability[]
  /** The first date on which something that uses it may end. */
  endsOn: string | null
}

/** Contract shape of a tenant in the JSON API; times are ISO 8601 UTC. */
export type TenantView = {
  tenantId: string
  name: string
  domain: string | null
  status: ShownStatus
  /** Who stopped the calls to it, when and why; null while they go out. */
  suspension: { reason: string; by: string; since: string; scope: 'tenant' | 'all' } | null
  tags: string[]
  /** Whom to ask at the customer. */
  contact: Contact | null
  roles: { granted: string[]; missing: string[] }
  surfaces: SurfaceView[]
  consentedAt: string | null
  consentedBy: {
    objectId: string
    username: string | null
    /** Whether the sign-in showed a role that can approve; null when it told no roles. */
    administrator: boolean | null
  } | null
  verifiedAt: string | null
  lastSuccessAt: string | null
  lastError: Failure | null
}

export function toTenantView(tenant: TenantRecord): TenantView {
  return {
    tenantId: tenant.id,
    name: tenant.name,
    domain: tenant.domain,
    status: tenant.suspension ? 'suspended' : (tenant.status as ShownStatus),
    suspension: tenant.suspension && {
      reason: tenant.suspension.reason,
      by: tenant.suspension.byLabel,
      since: tenant.suspension.since.toISOString(),
      scope: tenant.suspension.tenantId === null ? 'all' : 'tenant',
    },
    tags: tenant.tags,
    contact: readStoredContact(tenant.contact),
    roles: { granted: tenant.rolesGranted, missing: tenant.rolesMissing },
    surfaces: toSurfaceViews(tenant),
    consentedAt: tenant.consentedAt?.toISOString() ?? null,
    consentedBy: tenant.consentedByObjectId
      ? {
          objectId: tenant.consentedByObjectId,
          username: tenant.consentedByUsername,
          administrator: tenant.consentedByAdmin,
        }
      : null,
    verifiedAt: tenant.verifiedAt?.toISOString() ?? null,
    lastSuccessAt: tenant.lastSuccessAt?.toISOString() ?? null,
    lastError: readStoredFailure(tenant.lastError),
  }
}

function toSurfaceViews(tenant: TenantRecord): SurfaceView[] {
  const choices = chooseSurfaces(tenant.rolesGranted)
  return (['graph', 'defender', 'endpoint'] as const).map(surface => {
    const riding = choices.filter(
      choice => choice.surface === surface || choice.addition?.surface === surface,
    )
    const seen = tenant.surfaces.find(row => row.surface === surface)
    const endings = riding.flatMap(
      choice => (choice.surface === surface ? choice.ending : choice.addition?.ending) ?? [],
    )
    return {
      surface,
      status: seen?.status ?? 'unused',
      lastSuccessAt: seen?.lastSuccessAt?.toISOString() ?? null,
      lastError: readStoredFailure(seen?.lastError),
      capabilities: riding.map(choice => choice.capability),
      endsOn: firstDate(endings),
    }
  })
}

function firstDate(endings: Ending[]): string | null {
  return endings.map(ending => ending.on).sort()[0] ?? null
}
