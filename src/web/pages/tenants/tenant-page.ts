import type { FastifyReply } from 'fastify'
import type { TenantRecord } from '../../../tenants/store.ts'

type TenantPageData = Record<string, unknown> & {
  /** What the page is about; absent on the tenant's own page. */
  heading?: string
  /** Pages between the tenant's own and this one. */
  parents?: { href: string; label: string }[]
  scripts?: string[]
}

/** Renders a page of one tenant with its place in the console. */
export async function tenantPage(
  reply: FastifyReply,
  tenant: TenantRecord,
  template: string,
  data: TenantPageData,
): Promise<FastifyReply> {
  const { heading, parents = [], scripts = [] } = data
  const home = `/tenants/${tenant.id}`
  const breadcrumbs = [{ href: '/tenants', label: 'Tenants' }]
  if (heading) breadcrumbs.push({ href: home, label: tenant.name }, ...parents)
  return await reply.page(
    template,
    {
      title: heading ? `${heading} · ${tenant.name}` : tenant.name,
      section: 'tenants',
      breadcrumbs,
      scripts,
    },
    { home, tenantName: tenant.name, ...data },
  )
}
