import type { KqlDatabase, KqlTable, KqlValue } from '../kql/types.ts'
import type { Surface } from '../world.ts'
import { WeightedCache } from './lru.ts'
import { makeRandom, seedOf } from './random.ts'
import { huntingSchema } from './schema.ts'
import { packStoryRow } from './stories/story-row.ts'
import { historyStart } from './story-incident.ts'
import { alertEvidenceRows, alertInfoRow } from './tables/alert-rows.ts'
import { behaviorEntityRows, behaviorInfoRow, hasBehavior } from './tables/behavior-rows.ts'
import { tableSources } from './tables/index.ts'
import { presenceOf, visibleTables } from './tables/licensed.ts'
import { liveRows } from './tables/live-rows.ts'
import type { AlertOfIncident, TenantData } from './tenant-data.ts'
import { type Ticks, ticksPerDay } from './ticks.ts'

/** Values in rows that the ordinary days of all tenants may hold together: some 100 MB. */
const cellCapacity = 5_000_000

/** Tables that follow from the alerts as they stand. */
const alertTables: Readonly<Record<string, (alert: AlertOfIncident) => KqlValue[][]>> = {
  AlertInfo: alert => [alertInfoRow(alert)],
  AlertEvidence: alertEvidenceRows,
  BehaviorInfo: alert => (hasBehavior(alert) ? [behaviorInfoRow(alert)] : []),
  BehaviorEntities: alert => (hasBehavior(alert) ? behaviorEntityRows(alert) : []),
}

/** The hunting tables of all tenants, each day made when it is asked for and kept while it is used. */
export class HuntingDatabases {
  readonly #days = new WeightedCache<KqlValue[][]>(cellCapacity)

  /**
   * @param surface Defender for Endpoint's own API sees devices and alerts only
   * @param since days before it are left out; 30 days are the most there is
   */
  open(data: TenantData, surface: Surface, since: Ticks): KqlDatabase {
    const schema = visibleTables(data.profile, surface)
    const names = new Set(schema.map(table => table.name))
    const oldest = data.now - 30n * ticksPerDay
    const from = since > oldest ? since : oldest
    return {
      schema,
      tableNames: () => [...names],
      table: name => (names.has(name) ? this.#table(data, name, from) : undefined),
    }
  }

  #table(data: TenantData, name: string, from: Ticks): KqlTable {
    const columns = huntingSchema.get(name)?.columns ?? []
    const isEmpty = presenceOf(name, data.profile) === 'empty'
    return { name, columns, rows: () => (isEmpty ? [] : this.#rows(data, name, from)) }
  }

  *#rows(data: TenantData, name: string, from: Ticks): Iterable<KqlValue[]> {
    const ofAlert = alertTables[name]
    if (ofAlert) {
      for (const alert of data.alerts()) if (alert.created >= from) yield* ofAlert(alert)
      return
    }
    for (const story of data.stories()) {
      for (const row of story.rows) {
        if (row.table === name && row.at >= from && row.at <= data.now) yield packStoryRow(row)
      }
    }
    yield* liveRows(data, name)

    const source = tableSources[name]
    if (!source) return
    if ('snapshot' in source) {
      yield* this.#kept(`${data.profile.tenantId} ${name}`, () => source.snapshot(data.inventory))
      return
    }
    const start = historyStart(data.inventory.epoch)
    const lastDay = (data.now - start) / ticksPerDay
    const firstDay = from > start ? (from - start) / ticksPerDay : 0n
    for (let day = firstDay; day <= lastDay; day++) {
      const dayStart = start + day * ticksPerDay
      const rows = this.#kept(`${data.profile.tenantId} ${name} ${day}`, () => {
        const random = makeRandom(seedOf(data.profile.seed, source.family ?? name, Number(day)))
        return source.day(data.inventory, random, dayStart)
      })
      const isWhole = dayStart >= from && dayStart + ticksPerDay <= data.now
      if (isWhole) {
        yield* rows
        continue
      }
      for (const row of rows) {
        const at = row[0]
        if (typeof at === 'bigint' && at >= from && at <= data.now) yield row
      }
    }
  }

  #kept(key: string, make: () => KqlValue[][]): KqlValue[][] {
    return this.#days.get(key, () => {
      const value = make()
      return { value, weight: value.length * (value[0]?.length ?? 0) + 1 }
    })
  }
}
