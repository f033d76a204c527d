import { z } from 'zod'
import { readEntity } from '../../../../incidents/entities.ts'
import {
  type IncidentFilters,
  type IncidentSort,
  incidentSorts,
  openStatuses,
} from '../../../../incidents/model.ts'
import { readInput } from '../../../read-input.ts'
import { readColumns } from './columns.ts'

/** How far back the last activity may lie; the values of `age`. */
export const ages = [
  { value: '1h', label: 'Last hour', hours: 1 },
  { value: '24h', label: 'Last 24 hours', hours: 24 },
  { value: '7d', label: 'Last 7 days', hours: 168 },
  { value: '30d', label: 'Last 30 days', hours: 720 },
] as const

const text = (max: number) => z.string().trim().max(max).catch('')
const list = z.preprocess(
  value => (value === undefined ? [] : [value].flat()),
  z.array(z.string().trim().max(100)).max(200).catch([]),
)

const schema = z.object({
  search: text(200).default(''),
  entity: text(700).default(''),
  tenant: list,
  tag: text(64).default(''),
  severity: list,
  /** None: those that are open. `all`: every status. */
  status: list,
  assignedTo: text(320).default(''),
  product: text(200).default(''),
  category: text(200).default(''),
  technique: text(50).default(''),
  incidentTag: text(200).default(''),
  age: z.enum(['1h', '24h', '7d', '30d']).or(z.literal('')).catch('').default(''),
  sort: z.enum(incidentSorts).catch('-updatedAt').default('-updatedAt'),
  /** Names with commas between them; none: those that the reader chose, else the usual ones. */
  columns: text(500)
    .transform(names => readColumns(names.split(',')))
    .default([]),
  cursor: text(500).default(''),
})

/** A view of the queue as its address says it. */
export type QueueAddress = z.infer<typeof schema>

/** Members of the address that hold several values. */
const lists = ['tenant', 'severity', 'status'] as const
export type ListName = (typeof lists)[number]

/** What does not fit is left out: an old bookmark shows a queue, not a mistake. */
export function readQueueAddress(query: unknown): QueueAddress {
  const address = readInput(schema, query)
  return { ...address, tenant: address.tenant.filter(id => z.guid().safeParse(id).success) }
}

/** Every open incident, whichever view somebody has the queue open with. */
const unfiltered = 'view=all'

/** The query of a view's address; what is as usual is left out, so that equal views have equal addresses. */
export function queueQuery(address: Partial<QueueAddress>): string {
  const { columns = [], ...rest } = address
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(rest)) {
    if (name === 'sort' && value === '-updatedAt') continue
    for (const one of [value].flat()) if (one) query.append(name, String(one))
  }
  if (columns.length > 0) query.append('columns', columns.join(','))
  return query.toString() || unfiltered
}

/** The members that the search form has no field of its own for; they go along when it is sent. */
export function hiddenFields(address: QueueAddress): { name: string; value: string }[] {
  const { search, entity, sort, cursor, columns, ...others } = address
  const fields = Object.entries(others).flatMap(([name, value]) =>
    [value].flat().map(one => ({ name, value: one })),
  )
  return [...fields, { name: 'columns', value: columns.join(',') }].filter(({ value }) => value !== '')
}

export function queueHref(address: Partial<QueueAddress>): string {
  return `/incidents?${queueQuery(address)}`
}

/** The same from the text of a query, as saved views keep it. */
export function readQueueQuery(query: string): QueueAddress {
  const parameters = new URLSearchParams(query)
  const values = [...parameters.keys()].map(name => {
    const all = parameters.getAll(name)
    return [name, all.length === 1 ? all[0] : all]
  })
  return readQueueAddress(Object.fromEntries(values))
}

/** @param userName whose incidents `assignedTo=me` means */
export function filtersOf(address: QueueAddress, userName: string, now: Date): IncidentFilters {
  const { tenant, severity, status, assignedTo, search, age } = address
  const hours = ages.find(({ value }) => value === age)?.hours
  const entity = readEntity(address.entity)
  const statuses = status.length === 0 ? openStatuses : status.includes('all') ? undefined : status
  const filters = {
    tenants: tenant.length > 0 ? tenant : undefined,
    severities: severity.length > 0 ? severity : undefined,
    statuses,
    assignedTo: assignedTo === '' ? undefined : assignedTo === 'none' ? null : nameOf(assignedTo, userName),
    tag: address.tag || undefined,
    product: address.product || undefined,
    category: address.category || undefined,
    technique: address.technique || undefined,
    incidentTag: address.incidentTag || undefined,
    search: search || undefined,
    entity: entity ?? undefined,
    updatedSince: hours === undefined ? undefined : new Date(now.getTime() - hours * 3_600_000).toISOString(),
  }
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== undefined))
}

function nameOf(assignedTo: string, userName: string): string {
  return assignedTo === 'me' ? userName : assignedTo
}

/** The address after a value of a filter was switched on or off. */
export function toggled(address: QueueAddress, name: keyof QueueAddress, value: string): QueueAddress {
  const next = { ...address, cursor: '' }
  if (isList(name)) {
    const now = address[name]
    return { ...next, [name]: now.includes(value) ? now.filter(one => one !== value) : [...now, value] }
  }
  return { ...next, [name]: address[name] === value ? '' : value }
}

function isList(name: keyof QueueAddress): name is ListName {
  return lists.some(one => one === name)
}

/** Whether anything but the usual is filtered. */
export function isFiltered(address: QueueAddress): boolean {
  return queueQuery({ ...address, sort: '-updatedAt', cursor: '', columns: [] }) !== unfiltered
}

export const sortLabels: Record<IncidentSort, string> = {
  '-updatedAt': 'Last activity',
  '-createdAt': 'Created',
  '-severity': 'Severity',
}
