import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runHunt } from '../../../simulator/src/data/hunting/run.ts'
import { readTimespan } from '../../../simulator/src/data/hunting/timespan.ts'
import { dataOf } from '../../../simulator/src/data/world-data.ts'
import { type Simulator, startSimulator } from '../../../simulator/src/index.ts'
import { publishedHuntingLimits } from '../../../simulator/src/quota.ts'
import { fillIn as fill } from '../../../src/hunting/library/fill-in.ts'
import { tacticNames } from '../../../src/hunting/library/tactics.ts'
import { analyzeQuery } from '../../../src/hunting/query/analysis/analyze-query.ts'
import { builtInQueries } from '../../helpers/built-in-queries.ts'

let simulator: Simulator

/** Customers that the demo has unless told otherwise. */
const demoTenants = 25

const style = { isPascal: false, isAnnotated: true, dynamic: 'nested', bool: 'boolean' } as const

beforeAll(async () => {
  simulator = await startSimulator({ publicUrl: 'http://localhost:3000', tenants: 60 })
})

afterAll(() => simulator.close())

function fillIn(query: string, values: Record<string, string> = {}): string {
  return fill(query, analyzeQuery(query).declarations, values)
}

/** Rows of the query in one customer, or the engine's refusal. */
function ask(tenantId: string, query: string): { rows: number } | { refused: string } {
  const data = dataOf(simulator.world).tenants.of(tenantId)
  const span = data && readTimespan(undefined, data.now)
  if (!data || !span) throw new Error('the tenant has no data')
  let rows = 0
  const limits = publishedHuntingLimits('graph')
  const asked = { surface: 'graph', query, span, limits, style, head: { text: '' } } as const
  const outcome = runHunt(data, asked, {
    result(result) {
      rows = result.rows.length
    },
  })
  if (outcome.kind === 'answer') return { rows }
  return { refused: outcome.kind === 'refused' ? outcome.message : 'timeout' }
}

test('the starting set has more than forty queries, some for each tactic', () => {
  const covered = new Set(builtInQueries.map(({ tactic }) => tactic))

  expect(builtInQueries.length).toBeGreaterThan(40)
  expect([...covered].sort()).toEqual([...tacticNames].sort())
})

test('each query of the starting set has a slug and a name of its own and techniques of ATT&CK', () => {
  const slugs = builtInQueries.map(({ slug }) => slug)
  const names = builtInQueries.map(({ name }) => name)

  expect(new Set(slugs).size).toBe(slugs.length)
  expect(new Set(names).size).toBe(names.length)
  for (const { relevantTechniques } of builtInQueries) {
    for (const technique of relevantTechniques) expect(technique).toMatch(/^T\d{4}(\.\d{3})?$/)
  }
})

describe('each query of the starting set', () => {
  test.each(builtInQueries.map(query => [query.slug, query] as const))(
    '%s is valid as it is written, and with its parameters filled in',
    (_slug, { query }) => {
      const written = analyzeQuery(query)
      const filled = analyzeQuery(fillIn(query))

      expect(written.problems).toEqual([])
      expect(filled.problems).toEqual([])
      expect(filled.unknownTables).toEqual([])
      for (const { defaultValue } of written.declarations.flatMap(({ parameters }) => parameters))
        expect(defaultValue).not.toBeNull()
    },
  )

  test.each(builtInQueries.map(query => [query.slug, query] as const))(
    '%s runs in the simulator',
    (_slug, { query }) => {
      const licensed = simulator.world.customers().find(({ licenses }) => licenses.length === 6)

      const outcome = ask(licensed?.tenantId ?? '', fillIn(query))

      expect(outcome).toHaveProperty('rows')
    },
  )

  test.each(builtInQueries.map(query => [query.slug, query] as const))(
    '%s finds something in at least one customer of the demo, as it is',
    (_slug, { query }) => {
      const customers = simulator.world.customers().slice(0, demoTenants)

      const isFound = customers.some(({ tenantId }) => {
        const outcome = ask(tenantId, fillIn(query))
        return 'rows' in outcome && outcome.rows > 0
      })

      expect(isFound).toBe(true)
    },
  )
})

test('what a beacon does is told from what everybody’s programs do', () => {
  const query = builtInQueries.find(({ slug }) => slug === 'regular-connections')?.query ?? ''
  const [customer] = simulator.world.customers()
  const tenantId = customer?.tenantId ?? ''

  const rare = ask(tenantId, fillIn(query, { spread: '10' }))
  const all = ask(tenantId, fillIn(query, { spread: '10', mostDevices: '1000', atLeast: '3' }))

  expect('rows' in rare && 'rows' in all && rare.rows < all.rows).toBe(true)
})
