import type { Surface } from '../clouds/clouds.ts'
import { type Capability, chooseSurfaces, type Ending } from './capabilities.ts'
import type { TenantRecord, TenantStatus } from './store.ts'
import { readStoredFailure } from './stored-failure.ts'

/** A failure as answers show it. */
export type FailureView = {
  code: string
  message: string
  remedy: string
  permanent: boolean
  /** The id that Microsoft's support asks for. */
  requestId: string | null
  at: string
}

export type SurfaceView = {
  surface: Surface
  /** working, failing, or unused when nothing rides on it */
  status: string
  lastSuccessAt: string | null
  lastError: FailureView | null
  /** What rides on this surface in this tenant. */
  capabilities: Capability[]
  /** The first date on which something that rides on it may end. */
  endsOn: string | null
}

/** Contract shape of a tenant in the JSON API; times are ISO 8601 UTC. */
export type TenantView = {
  tenantId: string
  name: string
  domain: string | null
  status: TenantStatus
  tags: string[]
  roles: { granted: string[]; missing: string[] }
  surfaces: SurfaceView[]
  consentedAt: string | null
  consentedBy: { objectId: string; username: string | null } | null
  verifiedAt: string | null
  lastSuccessAt: string | null
  lastError: FailureView | null
}

export function toTenantView(tenant: TenantRecord): TenantView {
  return {
    tenantId: tenant.id,
    name: tenant.name,
    domain: tenant.domain,
    status: tenant.status as TenantStatus,
    tags: tenant.tags,
    roles: { granted: tenant.rolesGranted, missing: tenant.rolesMissing },
    surfaces: toSurfaceViews(tenant),
    consentedAt: tenant.consentedAt?.toISOString() ?? null,
    consentedBy: tenant.consentedByObjectId
      ? { objectId: tenant.consentedByObjectId, username: tenant.consentedByUsername }
      : null,
    verifiedAt: tenant.verifiedAt?.toISOString() ?? null,
    lastSuccessAt: tenant.lastSuccessAt?.toISOString() ?? null,
    lastError: toFailureView(tenant.lastError),
  }
}

export function toFailureView(stored: unknown): FailureView | null {
  const failure = readStoredFailure(stored)
  if (!failure) return null
  const { code, message, remedy, permanent, requestId, at } = failure
  return { code, message, remedy, permanent, requestId, at }
}

function toSurfaceViews(tenant: TenantRecord): SurfaceView[] {
  const choices = chooseSurfaces(tenant.rolesGranted)
  return (['graph', 'defender', 'endpoint'] as const).map(surface => {
    const riding = choices.filter(choice => choice.surface === surface)
    const seen = tenant.surfaces.find(row => row.surface === surface)
    const endings = riding.flatMap(choice => (choice.ending ? [choice.ending] : []))
    return {
      surface,
      status: seen?.status ?? 'unused',
      lastSuccessAt: seen?.lastSuccessAt?.toISOString() ?? null,
      lastError: toFailureView(seen?.lastError),
      capabilities: riding.map(choice => choice.capability),
      endsOn: firstDate(endings),
    }
  })
}

function firstDate(endings: Ending[]): string | null {
  return endings.map(ending => ending.on).sort()[0] ?? null
}
