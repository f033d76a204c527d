import { openStatuses } from '../../../incidents/model.ts'
import type { Queue } from '../../../incidents/queue/queue.ts'
import { chooseSurfaces } from '../../../microsoft/roles/capabilities.ts'
import { type RoleKey, splitRole, surfaceLabels } from '../../../microsoft/roles/roles.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { contactWords } from '../../../tenants/contact.ts'
import { overviewRoles, type RoleLine } from '../../../tenants/readiness/role-overview.ts'
import type { TenantRecord } from '../../../tenants/store.ts'
import { toTenantView } from '../../../tenants/view.ts'
import { formats } from '../../formats.ts'

const administratorWords = {
  true: 'administrator',
  false: 'no administrator role',
  null: 'administrator role not known',
}

/**
 * What the page of a tenant begins with, and what it granted for the fold
 * below: the fold is open only where something is missing or fails.
 */
export async function showOverview(
  queue: Pick<Queue, 'count'>,
  actor: Actor,
  tenant: TenantRecord,
  requiredRoles: readonly RoleKey[],
) {
  const view = toTenantView(tenant)
  const roles = overviewRoles(requiredRoles, tenant.rolesGranted as RoleKey[])
  const capabilities = chooseSurfaces(tenant.rolesGranted).map(choice => ({
    ...choice,
    product: choice.surface ? surfaceLabels[choice.surface] : null,
    ask: choice.needs.map(key => splitRole(key).role)[0],
  }))
  const required = roles.filter(({ isRequired }) => isRequired)
  const granted = required.filter(isGranted)
  const works = capabilities.filter(({ surface }) => surface !== null)
  const failing = view.surfaces.filter(({ status }) => status === 'failing')
  const isMissing = granted.length < required.length
  return {
    roles,
    capabilities,
    consentWords: consentWords(view),
    contactWords: view.contact && contactWords(view.contact),
    contactHref: view.contact?.email ? `mailto:${encodeURIComponent(view.contact.email)}` : null,
    figures: [
      ...(await incidentFigures(queue, actor, tenant.id)),
      {
        label: 'Required permissions',
        value: `${granted.length} of ${required.length}`,
        href: '#granted',
        tone: isMissing ? 'caution' : undefined,
      },
      {
        label: 'Capabilities that work',
        value: `${works.length} of ${capabilities.length}`,
        href: '#granted',
      },
      {
        label: 'Interfaces failing',
        value: failing.length === 0 ? 'none' : formats.number(failing.length),
        href: '#granted',
        tone: failing.length > 0 ? 'danger' : undefined,
      },
    ],
    fold: { title: 'Permissions and what works with them', isOpen: isMissing || failing.length > 0 },
  }
}

async function incidentFigures(queue: Pick<Queue, 'count'>, actor: Actor, tenantId: string) {
  const filters = { tenants: [tenantId], statuses: openStatuses }
  const [open, high] = await Promise.all([
    queue.count(actor, filters),
    queue.count(actor, { ...filters, severities: ['high'], assignedTo: null }),
  ])
  const address = `/incidents?tenant=${tenantId}`
  return [
    {
      label: 'High, unassigned',
      value: formats.number(high.total),
      href: `${address}&severity=high&assignedTo=none`,
      tone: high.total > 0 ? 'danger' : undefined,
    },
    { label: 'Open incidents', value: formats.number(open.total), href: address },
  ]
}

function isGranted({ state }: RoleLine): boolean {
  return state === 'granted'
}

function consentWords({ consentedBy }: ReturnType<typeof toTenantView>): string | null {
  if (!consentedBy) return null
  const { username, objectId, administrator } = consentedBy
  return `${username ?? objectId} (${administratorWords[`${administrator}`]})`
}
