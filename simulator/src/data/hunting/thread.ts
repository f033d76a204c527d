import { parentPort } from 'node:worker_threads'
import { runQuery } from '../../kql/index.ts'
import type { Overlay, World } from '../../world.ts'
import { huntingSchema } from '../schema.ts'
import { dataOf } from '../world-data.ts'
import { runHunt } from './run.ts'
import type { FromThread, HuntTask } from './task.ts'

// The first query takes a second; none that somebody waits for is it.
runQuery(
  'DeviceEvents | where Timestamp > ago(1h) | summarize count() by DeviceId, bin(Timestamp, 1h) | top 5 by count_',
  {
    schema: [...huntingSchema.values()],
    tableNames: () => [],
    table: name => ({ name, columns: columnsOf(name), rows: [] }),
  },
  { now: new Date(0), maxRows: 1 },
)

/** The thread of hunting-thread.ts: one query after the other, each over the world as it was when it was asked. */
parentPort?.on('message', (task: HuntTask) => {
  const { id } = task
  const say = (message: FromThread): void => parentPort?.postMessage(message)
  say({ id, kind: 'started' })
  try {
    say({ id, kind: 'done', outcome: perform(task, () => say({ id, kind: 'bound' })) })
  } catch (error) {
    say({
      id,
      kind: 'failed',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
  }
})

/** The last task's world: the same object for all tasks of one simulator, since what is made of a world is kept with it. */
let current: { world: World; task: HuntTask } | undefined

function worldOf(task: HuntTask): World {
  if (current?.task.epoch.getTime() === task.epoch.getTime()) current.task = task
  else current = { world: makeWorld(), task }
  return current.world
}

function makeWorld(): World {
  const now = () => current?.task
  return {
    get epoch() {
      return now()?.epoch ?? new Date(0)
    },
    now: () => now()?.now ?? new Date(0),
    customer: () => now()?.profile,
    customers: () => [now()?.profile ?? []].flat(),
    get overlay(): Overlay {
      const changes = now()?.changes
      const refuse = (): never => {
        throw new Error('a query changes nothing')
      }
      return {
        get: <T>(_tenantId: string, kind: keyof HuntTask['changes'], id: string) =>
          changes?.[kind].find(([known]) => known === id)?.[1] as T | undefined,
        entries: <T>(_tenantId: string, kind: keyof HuntTask['changes']) =>
          (changes?.[kind] ?? []) as [string, T][],
        set: refuse,
        delete: refuse,
      }
    },
  }
}

function perform(task: HuntTask, bound: () => void) {
  const data = dataOf(worldOf(task)).tenants.of(task.profile.tenantId)
  if (!data) throw new Error('the tenant is not there')
  return runHunt(data, task.request, { bound })
}

function columnsOf(table: string) {
  return huntingSchema.get(table)?.columns ?? []
}
