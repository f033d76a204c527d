import type { IncidentCounts } from '../../../../incidents/model.ts'
import { formats } from '../../../formats.ts'
import { productName, shortUser, statusName, techniqueName } from '../words.ts'
import { ages, type QueueAddress, queueHref, toggled } from './queue-address.ts'

/** One value to filter by: where a click leads, and how many incidents have it. */
export type FacetValue = {
  label: string
  title: string
  href: string
  count: number | null
  isChosen: boolean
}

export type Facet = {
  name: string
  label: string
  isOpen: boolean
  values: FacetValue[]
  hidden: FacetValue[]
}

const shownAtOnce = 6

/** The filters beside the queue, each value with its count. */
export function facetsOf(address: QueueAddress, counts: IncidentCounts, userName: string): Facet[] {
  const value = (
    name: keyof QueueAddress,
    id: string,
    label: string,
    count: number | null,
    title = label,
  ): FacetValue => ({
    label,
    title,
    count,
    isChosen: [address[name]].flat().includes(id),
    href: queueHref(toggled(address, name, id)),
  })
  const severities = ['high', 'medium', 'low', 'informational'].map(id =>
    value('severity', id, formats.words(id) ?? id, counts.severity[id] ?? 0),
  )
  const statuses = [
    ...['active', 'inProgress', 'awaitingAction', 'resolved'].map(id =>
      value('status', id, statusName(id), counts.status[id] ?? 0),
    ),
    value('status', 'all', 'Any status', null),
  ]
  const people = [
    value('assignedTo', 'me', 'Me', countOf(counts.assignedTo, userName)),
    value('assignedTo', 'none', 'Unassigned', countOf(counts.assignedTo, 'none')),
    ...counts.assignedTo
      .filter(({ value: id }) => !isSame(id, userName) && id !== 'none')
      .map(({ value: id, count }) => value('assignedTo', id, shortUser(id, userName), count, id)),
  ]
  return [
    facet('severity', 'Severity', severities, true),
    facet('status', 'Status', statuses, true),
    facet('assignedTo', 'Assigned to', people, true),
    facet(
      'tenant',
      'Tenant',
      counts.tenant.map(({ tenantId, tenantName, count }) => value('tenant', tenantId, tenantName, count)),
      true,
    ),
    facet(
      'product',
      'Product',
      counts.product.map(({ value: id, count }) => value('product', id, productName(id), count)),
    ),
    facet(
      'category',
      'Category',
      counts.category.map(({ value: id, count }) => value('category', id, formats.words(id) ?? id, count)),
    ),
    facet(
      'technique',
      'Technique',
      counts.technique.map(({ value: id, count }) => value('technique', id, techniqueName(id), count)),
    ),
    facet(
      'age',
      'Last activity',
      ages.map(({ value: id, label }) => value('age', id, label, null)),
    ),
  ].filter(({ values }) => values.length > 0)
}

/** Chosen values are always in sight. */
function facet(name: string, label: string, all: FacetValue[], isUsual = false): Facet {
  const values = all.filter(({ isChosen }, index) => isChosen || index < shownAtOnce)
  const hidden = all.filter(one => !values.includes(one))
  return { name, label, values, hidden, isOpen: isUsual || all.some(({ isChosen }) => isChosen) }
}

function countOf(counts: IncidentCounts['assignedTo'], userName: string): number {
  return counts.find(({ value }) => isSame(value, userName))?.count ?? 0
}

function isSame(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase()
}

/** Filters in force that have no list of values, each with the address without it. */
export function chipsOf(address: QueueAddress): { label: string; href: string }[] {
  const labels = { search: 'Title', entity: 'Evidence', tag: 'Tenant tag', incidentTag: 'Tag' } as const
  return (['search', 'entity', 'tag', 'incidentTag'] as const).flatMap(name =>
    address[name]
      ? [
          {
            label: `${labels[name]}: ${address[name]}`,
            href: queueHref({ ...address, [name]: '', cursor: '' }),
          },
        ]
      : [],
  )
}
