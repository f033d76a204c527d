import type { Hunts } from '../../../../hunting/hunts/hunts.ts'
import type { HuntSummary } from '../../../../hunting/hunts/model.ts'
import type { Cell, Column } from '../../../../hunting/results/model.ts'
import { cellText } from '../../../../hunting/results/unify-rows.ts'
import type { Actor } from '../../../../tenants/actor.ts'
import { showCell } from './cells.ts'
import { type ResultAddress, type ResultFilter, writeAddress } from './result-address.ts'

const groupsOnPage = 100

/** Rows counted by columns: the rarest first, which is how the odd one is found. */
export async function viewGroups(hunts: Hunts, actor: Actor, hunt: HuntSummary, address: ResultAddress) {
  const { columns } = await hunts.columns(actor, hunt.id)
  const chosen = columnsNamed(columns, address.groups)
  const to = (change: Partial<ResultAddress>) => writeAddress(hunt.id, { ...address, offset: 0, ...change })
  const form = {
    action: `/hunts/${hunt.id}`,
    hidden: hiddenFields(to({})),
    columns: columns
      .filter(({ name }) => !address.groups.includes(name))
      .map(({ name }) => ({ value: name, label: name })),
    chosen: chosen.map(({ name }) => ({
      name,
      href: to({ groups: address.groups.filter(each => each !== name) }),
    })),
  }
  if (chosen.length === 0) return { form, found: null }

  const { groups, total } = await hunts.groups(actor, hunt.id, {
    columns: chosen.map(({ name }) => name),
    filters: address.filters,
    common: address.order === 'commonest',
    offset: address.offset,
    limit: groupsOnPage,
  })
  const last = address.offset + groups.length
  return {
    form,
    found: {
      columns: chosen,
      groups: groups.map(({ values, count, tenants }) => ({
        cells: chosen.map((column, index) => showCell(column, values[index] ?? null)),
        count,
        tenants,
        href: to({ view: 'rows', groups: [], filters: [...address.filters, ...filtersFor(chosen, values)] }),
      })),
      total,
      from: groups.length === 0 ? 0 : address.offset + 1,
      to: last,
      order: address.order,
      orderHref: to({ order: address.order === 'rarest' ? 'commonest' : 'rarest' }),
      firstHref: address.offset > 0 ? to({}) : null,
      previousHref: address.offset > 0 ? to({ offset: Math.max(0, address.offset - groupsOnPage) }) : null,
      nextHref: last < total ? to({ offset: last }) : null,
    },
  }
}

/** The filters that leave the rows of one group. */
export function filtersFor(columns: Column[], values: Cell[]): ResultFilter[] {
  return columns.map(({ name }, index) => filterFor(name, values[index] ?? null))
}

/** The filter that leaves rows with this value. */
export function filterFor(column: string, value: Cell): ResultFilter {
  const text = value === null ? '' : cellText(value)
  return text === ''
    ? { column, operator: 'isEmpty', value: '' }
    : { column, operator: 'equals', value: text }
}

/** Those of the names that are columns, in the order of the names. */
export function columnsNamed<T extends Column>(columns: T[], names: (string | null)[]): T[] {
  return names.flatMap(name => columns.find(column => column.name === name) ?? [])
}

/** What an address holds, as hidden fields of a form. */
export function hiddenFields(path: string, without: string[] = []): { name: string; value: string }[] {
  const { searchParams } = new URL(path, 'http://localhost')
  return [...searchParams]
    .filter(([name]) => !without.includes(name))
    .map(([name, value]) => ({ name, value }))
}
