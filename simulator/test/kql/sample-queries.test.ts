import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import type { KqlColumn } from '../../src/kql/index.ts'
import { KqlError, runQuery } from '../../src/kql/index.ts'
import { databaseOf, now } from './engine.ts'

const shared = new URL('../../../../shared/', import.meta.url)
const samples = new URL('samples/hunting-queries.jsonl', shared)
const schemaFile = new URL('reference/hunting-schema.json', shared)
const present = existsSync(samples) && existsSync(schemaFile)

const types = [
  'string',
  'long',
  'int',
  'real',
  'decimal',
  'bool',
  'datetime',
  'timespan',
  'dynamic',
  'guid',
] as const
const schema = z.object({
  tables: z.array(
    z.object({ name: z.string(), columns: z.array(z.object({ name: z.string(), type: z.enum(types) })) }),
  ),
})

function emptyTables() {
  const { tables } = schema.parse(JSON.parse(readFileSync(schemaFile, 'utf8')))
  return databaseOf(
    ...tables.map(({ name, columns }: { name: string; columns: KqlColumn[] }) => ({
      name,
      columns,
      rows: [],
    })),
  )
}

test.runIf(present)('published hunting queries run over empty tables, or are refused with a reason', () => {
  const database = emptyTables()
  const lines = readFileSync(samples, 'utf8').trim().split('\n')
  const outcomes = lines.map(line => {
    const { query } = z.object({ query: z.string() }).parse(JSON.parse(line))
    try {
      runQuery(query, database, { now, maxRows: 100 })
      return 'ran'
    } catch (error) {
      if (error instanceof KqlError) return `${error.kind}: ${error.message}`
      throw error
    }
  })

  const ran = outcomes.filter(outcome => outcome === 'ran')

  expect(outcomes.filter(outcome => /^(?:limit|timeout)/.test(outcome))).toEqual([])
  expect(ran.length / outcomes.length).toBeGreaterThan(0.9)
})
