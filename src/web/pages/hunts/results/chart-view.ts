import type { Hunts } from '../../../../hunting/hunts/hunts.ts'
import type { HuntSummary } from '../../../../hunting/hunts/model.ts'
import type { Actor } from '../../../../tenants/actor.ts'
import { showCell } from './cells.ts'
import { columnsNamed, filtersFor, hiddenFields } from './group-view.ts'
import { type ResultAddress, writeAddress } from './result-address.ts'

/** The drawing library takes half a second to load: it waits for the first chart instead of delaying every start. */
const charts = {
  columns: () => import('../../../charts/columns-chart.ts'),
  time: () => import('../../../charts/time-chart.ts'),
}

/** Pairs of values that a chart is made of, and those that the table under it lists. */
const pairsDrawn = 1_000
const pairsListed = 100
const timeBuckets = 90

/** A chart of one column or two. */
export async function viewChart(hunts: Hunts, actor: Actor, hunt: HuntSummary, address: ResultAddress) {
  const { columns } = await hunts.columns(actor, hunt.id)
  // A tenant's id says nothing to a reader: its name stands in every row, too.
  const named = (name: string | null) => (name === 'TenantId' ? 'TenantName' : name)
  const [x = null] = columnsNamed(columns, [named(address.x)])
  const [y = null] = columnsNamed(columns, [named(address.y)])
  const form = {
    action: `/hunts/${hunt.id}`,
    hidden: hiddenFields(writeAddress(hunt.id, { ...address, offset: 0 }), ['x', 'y']),
    columns: columns
      .filter(({ name }) => name !== 'TenantId')
      .map(({ name }) => ({ value: name, label: name })),
    x: x?.name ?? '',
    y: y?.name ?? '',
  }
  if (!x) return { form, drawn: null }

  const { columnsChart, drawsPoints } = await charts.columns()
  const chosen = y && y !== x ? [x, y] : [x]
  const isSample = y !== null && drawsPoints(x, y)
  const { groups, total } = await hunts.groups(actor, hunt.id, {
    columns: chosen.map(({ name }) => name),
    filters: address.filters,
    common: true,
    spread: isSample,
    limit: pairsDrawn,
  })
  const pairs = groups.map(({ values: [first = null, second = null], count }) => ({
    x: first,
    y: second,
    rows: count,
  }))
  const { svg, left } = columnsChart(x, chosen[1] ?? null, pairs)
  const unread = total - groups.length
  const count = (value: number) => value.toLocaleString('en')
  const sampled = `An even sample: ${count(groups.length)} of ${count(total)} combinations of values. Filter to see all.`
  return {
    form,
    drawn: {
      svg,
      notes: [
        ...(left ? [left] : []),
        ...(unread > 0
          ? [isSample ? sampled : `${count(unread)} rarer combinations of values are not drawn.`]
          : []),
      ],
      columns: chosen,
      isSample,
      rows: groups.slice(0, pairsListed).map(({ values, count, tenants }) => ({
        cells: chosen.map((column, index) => showCell(column, values[index] ?? null)),
        count,
        tenants,
        href: writeAddress(hunt.id, { filters: [...address.filters, ...filtersFor(chosen, values)] }),
      })),
      total,
    },
  }
}

/** Rows over time. */
export async function viewTime(hunts: Hunts, actor: Actor, hunt: HuntSummary, address: ResultAddress) {
  const { columns } = await hunts.columns(actor, hunt.id)
  const times = columns.filter(({ type }) => type === 'datetime').map(({ name }) => name)
  const column = address.time !== null && times.includes(address.time) ? address.time : null
  const timeline =
    times.length === 0
      ? null
      : await hunts.timeline(actor, hunt.id, { column, filters: address.filters, buckets: timeBuckets })
  return {
    form: {
      action: `/hunts/${hunt.id}`,
      hidden: hiddenFields(writeAddress(hunt.id, { ...address, offset: 0 }), ['time']),
      columns: times.map(name => ({ value: name, label: name })),
      time: timeline?.column ?? column ?? '',
    },
    drawn: timeline && (await drawTimeline(hunt.id, address, timeline)),
  }
}

type Timeline = NonNullable<Awaited<ReturnType<Hunts['timeline']>>>

async function drawTimeline(huntId: string, address: ResultAddress, timeline: Timeline) {
  const { column, from, stepMs, counts, withoutTime } = timeline
  const start = Date.parse(from)
  const at = (index: number) => new Date(start + index * stepMs).toISOString()
  const { timeChart } = await charts.time()
  return {
    svg: timeChart(
      column,
      counts.map((rows, index) => ({ from: at(index), rows })),
      stepMs,
    ),
    step: spanWords(stepMs),
    withoutTime,
    spans: counts.flatMap((rows, index) =>
      rows === 0
        ? []
        : [
            {
              from: at(index),
              rows,
              href: writeAddress(huntId, {
                filters: [
                  ...address.filters,
                  { column, operator: 'greaterOrEqual', value: at(index) },
                  { column, operator: 'less', value: at(index + 1) },
                ],
              }),
            },
          ],
    ),
  }
}

/** A span as people say it: `3 hours`. The engine's spans are whole seconds, minutes, hours or days. */
function spanWords(ms: number): string {
  const units: [string, number][] = [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    ['second', 1000],
  ]
  const [unit, size] = units.find(([, size]) => ms % size === 0) ?? ['second', 1000]
  const count = Math.round(ms / size)
  return `${count.toLocaleString('en')} ${unit}${count === 1 ? '' : 's'}`
}
