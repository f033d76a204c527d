import type { IncidentView } from '../../../../incidents/model.ts'
import { formats } from '../../../formats.ts'
import { classificationName, productName, shortUser, statusName, techniqueName } from '../words.ts'

/** Columns beside severity and title, which are always there; `head` where the label is too long for it. */
const catalogue = {
  tenant: { label: 'Tenant' },
  status: { label: 'Status' },
  assignee: { label: 'Assigned to' },
  product: { label: 'Product', isQuiet: true },
  alerts: { label: 'Alerts', isQuiet: true, isNumber: true },
  created: { label: 'Created', isQuiet: true },
  updated: { label: 'Last activity', head: 'Activity', isQuiet: true },
  number: { label: 'Number', isQuiet: true, isNumber: true },
  category: { label: 'Category', isQuiet: true },
  technique: { label: 'Technique', isQuiet: true },
  classification: { label: 'Classification', isQuiet: true },
  tags: { label: 'Tags', isQuiet: true },
} as const satisfies Record<string, { label: string; head?: string; isQuiet?: true; isNumber?: true }>

export type ColumnName = keyof typeof catalogue

export const usualColumns: readonly ColumnName[] = [
  'tenant',
  'status',
  'assignee',
  'product',
  'alerts',
  'created',
  'updated',
]

/** How the table names a column. */
export type Column = { name: ColumnName; label: string; head: string; isQuiet: boolean; isNumber: boolean }

/** One value of a row; `at` for a time, which is shown as such. */
export type Cell = Column & {
  text: string
  title: string
  isMuted: boolean
  at: string | null
  state: string
}

export function isColumn(name: string): name is ColumnName {
  return Object.hasOwn(catalogue, name)
}

/** Names that there are, each once, in their order. */
export function readColumns(names: readonly string[]): ColumnName[] {
  return [...new Set(names.filter(isColumn))]
}

export function columnOf(name: ColumnName): Column {
  const { label, ...more }: { label: string; head?: string; isQuiet?: true; isNumber?: true } =
    catalogue[name]
  return {
    name,
    label,
    head: more.head ?? label,
    isQuiet: more.isQuiet ?? false,
    isNumber: more.isNumber ?? false,
  }
}

/** All columns as the form offers them: those that are shown first, in their order. */
export function offeredColumns(shown: readonly ColumnName[]): (Column & { isShown: boolean })[] {
  const others = (Object.keys(catalogue) as ColumnName[]).filter(name => !shown.includes(name))
  return [...shown, ...others].map(name => ({ ...columnOf(name), isShown: shown.includes(name) }))
}

/** The shown columns with one of them a place further to the front or the back. */
export function movedColumns(shown: readonly ColumnName[], name: string, step: 1 | -1): ColumnName[] {
  const from = isColumn(name) ? shown.indexOf(name) : -1
  const to = from + step
  const [moved, other] = [shown[from], shown[to]]
  if (moved === undefined || other === undefined) return [...shown]
  return shown.map((one, index) => (index === from ? other : index === to ? moved : one))
}

/** What an incident says in the chosen columns. */
export function cellsOf(incident: IncidentView, columns: readonly ColumnName[], userName: string): Cell[] {
  return columns.map(name => {
    const at = name === 'created' ? incident.createdAt : name === 'updated' ? incident.updatedAt : null
    const { text, title = text } = wordsOf(incident, name, userName)
    const isMuted = name === 'assignee' && incident.assignedTo === null
    const state = name === 'status' ? incident.status : ''
    return { ...columnOf(name), text, title, isMuted, at, state }
  })
}

function wordsOf(
  incident: IncidentView,
  name: ColumnName,
  userName: string,
): { text: string; title?: string } {
  switch (name) {
    case 'tenant':
      return { text: incident.tenantName }
    case 'status':
      return { text: statusName(incident.status) }
    case 'assignee':
      return incident.assignedTo === null
        ? { text: 'Unassigned' }
        : { text: shortUser(incident.assignedTo, userName), title: incident.assignedTo }
    case 'product':
      return { text: incident.products.map(productName).join(', ') }
    case 'alerts':
      return { text: incident.alertCount === null ? '' : formats.number(incident.alertCount) }
    case 'number':
      return { text: incident.incidentId }
    case 'category':
      return { text: incident.categories.map(one => formats.words(one) ?? one).join(', ') }
    case 'technique':
      return {
        text: incident.techniques.join(', '),
        title: incident.techniques.map(techniqueName).join(', '),
      }
    case 'classification':
      return {
        text: incident.classification === 'unknown' ? '' : classificationName(incident.classification),
      }
    case 'tags':
      return { text: [...incident.tags, ...incident.systemTags].join(', ') }
    case 'created':
    case 'updated':
      return { text: '' }
  }
}
