import type { KqlDatabase, KqlOptions, KqlResult, KqlTable, KqlValue } from '../../src/kql/index.ts'
import { runQuery } from '../../src/kql/index.ts'

export const now = new Date('2026-03-10T12:30:45.678Z')

export function ticks(text: string): bigint {
  return BigInt(Date.parse(text)) * 10_000n
}

/** A database of these tables. */
export function databaseOf(...tables: KqlTable[]): KqlDatabase {
  return {
    schema: tables.map(({ name, columns }) => ({ name, columns })),
    tableNames: () => tables.map(table => table.name),
    table: name => tables.find(table => table.name === name),
  }
}

const devices: KqlTable = {
  name: 'Devices',
  columns: [
    { name: 'Timestamp', type: 'datetime' },
    { name: 'DeviceId', type: 'string' },
    { name: 'Name', type: 'string' },
    { name: 'Score', type: 'long' },
    { name: 'Load', type: 'real' },
    { name: 'Active', type: 'bool' },
    { name: 'Tags', type: 'dynamic' },
  ],
  rows: [
    [ticks('2026-03-10T08:00:00Z'), 'd1', 'till-1', 10, 0.5, true, ['shop', 'front']],
    [ticks('2026-03-10T09:00:00Z'), 'd2', 'Till-2', 20, 1.5, false, ['shop']],
    [ticks('2026-03-09T08:00:00Z'), 'd1', 'till-1', 30, null, true, []],
    [ticks('2026-03-08T08:00:00Z'), 'd3', 'server', null, 2.5, null, null],
  ],
}

const logons: KqlTable = {
  name: 'Logons',
  columns: [
    { name: 'Timestamp', type: 'datetime' },
    { name: 'DeviceId', type: 'string' },
    { name: 'Account', type: 'string' },
    { name: 'Detail', type: 'dynamic' },
  ],
  rows: () => [
    [ticks('2026-03-10T08:05:00Z'), 'd1', 'baker', { ip: '10.0.0.5', tries: 2 }],
    [ticks('2026-03-10T08:06:00Z'), 'd1', 'owner', { ip: '8.8.8.8', tries: 5 }],
    [ticks('2026-03-10T09:05:00Z'), 'd2', 'baker', null],
    [ticks('2026-03-10T10:00:00Z'), 'd9', 'guest', { ip: '192.168.1.9' }],
  ],
}

const shop = databaseOf(devices, logons)

export function run(query: string, options: Partial<KqlOptions> = {}): KqlResult {
  return runQuery(query, shop, { now, maxRows: 10_000, ...options })
}

/** A query, the columns that its answer has, as `name:type` with commas between, and its rows. */
export type Case = [query: string, columns: string, rows: KqlValue[][]]

/** The answer of a query as a case writes it down. */
export function answerOf(query: string): { columns: string; rows: KqlValue[][] } {
  const { columns, rows } = run(query)
  return { columns: columns.map(({ name, type }) => `${name}:${type}`).join(','), rows }
}

/** The rows of a query's answer. */
function rowsOf(query: string): KqlValue[][] {
  return run(query).rows
}

/** The value of one scalar expression. */
export function scalarValue(expression: string): KqlValue | undefined {
  return rowsOf(`print ${expression}`)[0]?.[0]
}
