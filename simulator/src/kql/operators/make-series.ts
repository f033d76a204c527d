import type { Environment } from '../environment.ts'
import { tooLarge } from '../environment.ts'
import { semantic, unsupported } from '../error.ts'
import type { SyntaxElement } from '../language.ts'
import { child, children, columnsOf, kindOf, maybeChild } from '../language.ts'
import { compileScalar } from '../scalar/expression.ts'
import type { KqlType, KqlValue, Row, Scalar } from '../types.ts'
import { converted } from '../values/convert.ts'
import { floorDivide } from '../values/datetime.ts'
import { toDynamic } from '../values/dynamic.ts'
import { keyOfAll } from '../values/order.ts'
import type { Operator } from './operator.ts'
import { compileGroupColumn } from './summarize.ts'

type Axis = {
  eval: (row: Row) => KqlValue
  type: KqlType
  from?: number | bigint
  to?: number | bigint
  step: number | bigint
}

const MOST_POINTS = 100_000

/** `make-series aggregates on axis from a to b step c by keys`: arrays over evenly spaced points, `b` excluded. */
export const makeSeries: Operator = (node, input, place) => {
  const env: Environment = { ...place, columns: input.columns }
  const columns = columnsOf(node.ResultType)
  const axis = compileAxis(node, env)
  const byClause = maybeChild(node, 'ByClause')
  const keys = byClause ? children(byClause, 'Expressions').map(item => compileScalar(item, env)) : []
  const series = children(node, 'Aggregates').map(item => {
    const clause = maybeChild(item, 'DefaultExpression')
    const missing = clause
      ? compileScalar(child(clause, 'Expression'), { ...place, columns: [] }).eval([])
      : 0
    return { plan: compileGroupColumn(child(item, 'Expression'), env, []), missing }
  })
  if (columns.length !== keys.length + series.length + 1)
    throw unsupported(`'make-series' operator: these columns`)
  return {
    columns,
    *rows(): Iterable<Row> {
      const rows = [...input.rows()]
      const { start, points } = pointsOf(axis, rows)
      const groups = new Map<unknown, { values: KqlValue[]; buckets: Map<number, Row[]> }>()
      for (const row of rows) {
        place.query.tick()
        const at = bucketOf(axis.eval(row), start, axis.step)
        if (at === null || at < 0 || at >= points.length) continue
        const values = keys.map(key => key.eval(row))
        const id = keyOfAll(values)
        const group = groups.get(id) ?? { values, buckets: new Map<number, Row[]>() }
        groups.set(id, group)
        const bucket = group.buckets.get(at)
        if (bucket) bucket.push(row)
        else group.buckets.set(at, [row])
      }
      const labels = points.map(point => toDynamic(point, axis.type))
      for (const { values, buckets } of groups.values()) {
        const arrays = series.map(({ plan, missing }) => {
          return points.map((_, at) => {
            const bucket = buckets.get(at)
            return bucket ? aggregated(plan, bucket) : toDynamic(missing, 'dynamic')
          })
        })
        yield [...values, ...arrays, labels]
      }
    },
  }
}

function aggregated(plan: ReturnType<typeof compileGroupColumn>, rows: readonly Row[]): KqlValue {
  const [part] = plan.start()
  for (const row of rows) part?.add(row)
  return toDynamic(part?.result()[0] ?? null, 'dynamic')
}

function compileAxis(node: SyntaxElement, env: Environment): Axis {
  const on = compileScalar(child(child(node, 'OnClause'), 'Expression'), env)
  const range = child(node, 'RangeClause')
  const isTime = on.type === 'datetime'
  const value = (item: SyntaxElement | undefined, type: KqlType): number | bigint | undefined => {
    if (!item) return undefined
    const scalar: Scalar = converted(compileScalar(item, { ...env, columns: [] }), type)
    const given = scalar.eval([])
    if (typeof given !== 'number' && typeof given !== 'bigint')
      throw semantic(`'make-series' operator: a range without value`)
    return given
  }
  const axisType = on.type
  const stepType = isTime ? 'timespan' : axisType
  if (kindOf(range) === 'MakeSeriesInRangeClause') {
    const [from, to, step] = children(child(range, 'Arguments'), 'Expressions')
    const size = value(step, stepType) ?? 1
    const last = value(to, axisType)
    // `in range(a, b, c)` includes its end.
    const beyond = last === undefined ? undefined : addOne(last)
    const first = value(from, axisType)
    return axis(on, first, beyond, size)
  }
  const clause = (name: string) => {
    const found = maybeChild(range, name)
    return found && child(found, 'Expression')
  }
  const step = value(clause('MakeSeriesStepClause'), stepType)
  return axis(
    on,
    value(clause('MakeSeriesFromClause'), axisType),
    value(clause('MakeSeriesToClause'), axisType),
    step ?? 1,
  )
}

function addOne(value: number | bigint): number | bigint {
  return typeof value === 'bigint' ? value + 1n : value + 1
}

function axis(on: Scalar, from: Axis['from'], to: Axis['to'], step: number | bigint): Axis {
  if (Number(step) <= 0) throw semantic(`'make-series' operator: step must be positive`)
  return {
    eval: on.eval,
    type: on.type,
    step,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  }
}

function pointsOf(axis: Axis, rows: readonly Row[]): { start: number | bigint; points: (number | bigint)[] } {
  const values = rows.map(row => axis.eval(row)).filter(isNumber)
  const smallest = values.reduce<number | bigint | undefined>(
    (a, b) => (a === undefined || b < a ? b : a),
    undefined,
  )
  const largest = values.reduce<number | bigint | undefined>(
    (a, b) => (a === undefined || b > a ? b : a),
    undefined,
  )
  const start = axis.from ?? (smallest === undefined ? undefined : roundedDown(smallest, axis.step))
  const end = axis.to ?? (largest === undefined ? undefined : addOne(largest))
  if (start === undefined || end === undefined) return { start: 0, points: [] }
  const points: (number | bigint)[] = []
  for (let at = start; at < end; at = plus(at, axis.step)) {
    if (points.length > MOST_POINTS) throw tooLarge()
    points.push(at)
  }
  return { start, points }
}

function isNumber(value: KqlValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint'
}

function roundedDown(value: number | bigint, step: number | bigint): number | bigint {
  if (typeof value === 'bigint' && typeof step === 'bigint') return floorDivide(value, step) * step
  return Math.floor(Number(value) / Number(step)) * Number(step)
}

function plus(a: number | bigint, b: number | bigint): number | bigint {
  return typeof a === 'bigint' && typeof b === 'bigint' ? a + b : Number(a) + Number(b)
}

function bucketOf(value: KqlValue, start: number | bigint, step: number | bigint): number | null {
  if (typeof value === 'bigint' && typeof start === 'bigint' && typeof step === 'bigint') {
    return Number(floorDivide(value - start, step))
  }
  return isNumber(value) ? Math.floor((Number(value) - Number(start)) / Number(step)) : null
}
