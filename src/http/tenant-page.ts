import type { FastifyReply } from 'fastify'
import type { TenantRecord } from '../tenants/store.ts'

/** A page of one tenant, named as its template. */
type TenantView = 'overview' | 'events' | 'offboarding' | 'incidents' | 'incident' | 'hunt'

const titles: Record<TenantView, string | null> = {
  overview: null,
  events: 'Timeline',
  offboarding: 'Offboard',
  incidents: 'Incidents',
  incident: null,
  hunt: 'Hunt',
}

/** Renders a page of one tenant with its place in the console; `data.title` names it where the view does not. */
export async function tenantPage(
  reply: FastifyReply,
  tenant: TenantRecord,
  view: TenantView,
  data: Record<string, unknown> & { heading?: string },
): Promise<FastifyReply> {
  const home = `/tenants/${tenant.id}`
  const heading = data.heading ?? titles[view]
  const breadcrumbs = [{ href: '/tenants', label: 'Tenants' }]
  if (heading) breadcrumbs.push({ href: home, label: tenant.name })
  return await reply.page(
    `/tenants/${view}`,
    { title: heading ? `${heading} · ${tenant.name}` : tenant.name, section: 'tenants', breadcrumbs },
    { home, tenantName: tenant.name, ...data },
  )
}
