import type { Directory, PrincipalStatus, ResourceStatus } from '../entra/directory.ts'
import type { CustomerProfile, License, Surface } from '../world.ts'

/** How a tenant stands towards the app, as the directory shows it now. */
export type TenantReport = {
  tenantId: string
  name: string
  domain: string
  regionScope: string
  regionSubScope: string | null
  licenses: License[]
  people: { username: string; directoryRoles: string[] }[]
  principal: PrincipalStatus
  resources: Record<Surface, ResourceStatus>
  roles: Record<Surface, string[]>
  consentedBy: { objectId: string; username: string; at: string } | null
}

export function reportTenant(directory: Directory, tenant: CustomerProfile): TenantReport {
  const { tenantId } = tenant
  const { consentedBy } = directory.record(tenantId)
  return {
    tenantId,
    name: tenant.name,
    domain: tenant.domain,
    regionScope: tenant.regionScope,
    regionSubScope: tenant.regionSubScope ?? null,
    licenses: tenant.licenses,
    people: tenant.people.map(({ username, directoryRoles }) => ({ username, directoryRoles })),
    principal: directory.principal(tenantId),
    resources: {
      graph: directory.resource(tenant, 'graph'),
      defender: directory.resource(tenant, 'defender'),
      endpoint: directory.resource(tenant, 'endpoint'),
    },
    roles: {
      graph: directory.roles(tenantId, 'graph'),
      defender: directory.roles(tenantId, 'defender'),
      endpoint: directory.roles(tenantId, 'endpoint'),
    },
    consentedBy: consentedBy
      ? {
          objectId: consentedBy.objectId,
          username: consentedBy.username,
          at: new Date(consentedBy.at).toISOString(),
        }
      : null,
  }
}
