import { randomBytes } from 'node:crypto'
import { createAudit } from '../../../src/audit/audit.ts'
import { isOver } from '../../../src/hunting/hunts/model.ts'
import { createLibrary, type Library } from '../../../src/hunting/library/library.ts'
import type { RunView, ScheduleDraft } from '../../../src/hunting/schedules/model.ts'
import { createRunner } from '../../../src/hunting/schedules/runs/runner.ts'
import { createSchedules, type Schedules } from '../../../src/hunting/schedules/schedules.ts'
import { createNotifications, type Notifications } from '../../../src/notifications/notifications.ts'
import { createDeliveries } from '../../../src/notifications/webhooks/deliveries.ts'
import type { CurrentAccess, CurrentAccessOf } from '../../../src/staff/current-access.ts'
import { analyzer } from '../../helpers/analyzer.ts'
import { admin } from '../../tenants/givens.ts'
import { analyst, givenHunts, type Stage as HuntStage } from '../hunts/stage.ts'

export { analyst }

/** The clock of a test; it moves when told. */
export type TestClock = { now: () => Date; move(to: Date | string): void; forward(minutes: number): void }

export type Stage = HuntStage & {
  clock: TestClock
  library: Library
  schedules: Schedules
  notifications: Notifications
  runner: ReturnType<typeof createRunner>
  /** Starts what is due and carries every open run to its end. */
  drive(): Promise<void>
  /** Runs a schedule by hand, to the end. */
  runNow(scheduleId: string): Promise<RunView>
  /** A schedule of a query of its own, that runs daily at six. */
  givenSchedule(changes?: Partial<ScheduleDraft> & { query?: string }): Promise<string>
}

/** The library, schedules and hunts on a real database; what tenants answer is given. */
export async function givenSchedules(
  answer: Parameters<typeof givenHunts>[0],
  options: { accessOf?: Record<string, CurrentAccess> } = {},
): Promise<Stage> {
  const stage = await givenHunts(answer)
  const { db, hunts } = stage
  let time = new Date('2026-11-22T12:00:00Z')
  const clock: TestClock = {
    now: () => time,
    move(to) {
      time = new Date(to)
    },
    forward(minutes) {
      time = new Date(time.getTime() + minutes * 60_000)
    },
  }
  const key = randomBytes(32)
  const audit = createAudit({ db, key })
  const library = createLibrary({ db, audit, analyzer })
  const waiting = new Set<string>()
  const enqueue = async (runId: string) => void waiting.add(runId)
  const sender = { send: async () => Promise.reject(new Error('no webhook is here')), close: async () => {} }
  const deliveries = createDeliveries({ db, key, sender, enqueue: async () => {}, now: clock.now })
  const notifications = createNotifications({ db, deliveries, now: clock.now })
  // Whoever is not spoken of may do everything an analyst does.
  const currentAccessOf: CurrentAccessOf = async people =>
    new Map(people.map(({ id }) => [id, options.accessOf?.[id] ?? { actor: { ...analyst, id }, gone: null }]))
  const schedules = createSchedules({
    db,
    audit,
    library,
    analyzer,
    currentAccessOf,
    enqueue,
    now: clock.now,
  })
  const runner = createRunner({
    db,
    hunts,
    library,
    announce: notifications.announce,
    audit,
    currentAccessOf,
    enqueue,
    publicUrl: 'https://tenantry.partner.example',
    keepDays: 30,
    now: clock.now,
  })

  async function drive(): Promise<void> {
    await runner.startDue()
    await runner.resume()
    for (let runId = first(waiting); runId; runId = first(waiting)) {
      waiting.delete(runId)
      await runner.advance(runId)
      const run = await db.scheduleRun.findUnique({ where: { id: runId } })
      if (run?.huntId && run.status === 'hunting') await huntEnd(run.huntId)
    }
  }

  async function huntEnd(huntId: string): Promise<void> {
    for await (const { status } of looks(() => hunts.summary(admin, huntId))) if (isOver(status)) return
  }

  let queries = 0
  return {
    ...stage,
    clock,
    library,
    schedules,
    notifications,
    runner,
    drive,
    async runNow(scheduleId) {
      const { id } = await schedules.startNow(analyst, scheduleId)
      await drive()
      return schedules.run(admin, scheduleId, id)
    },
    async givenSchedule({ query = 'DeviceInfo | project DeviceName, Timestamp', ...changes } = {}) {
      const name = `Query ${++queries}`
      const saved = await library.create(analyst, {
        name,
        description: '',
        tactic: null,
        techniques: [],
        tags: [],
        query,
      })
      const { id } = await schedules.create(analyst, { ...draftFor(saved.id), ...changes })
      return id
    },
  }
}

export function draftFor(queryId: string): ScheduleDraft {
  return {
    name: 'Every morning',
    queryId,
    queryVersion: null,
    parameters: {},
    cron: '0 6 * * *',
    timeZone: 'UTC',
    tenants: 'all',
    timespan: null,
    keyColumns: [],
    baseline: false,
    forgetAfterDays: 90,
    enabled: true,
  }
}

function first(set: Set<string>): string | undefined {
  return set.values().next().value
}

/** Looks again and again, 25 ms apart. */
async function* looks<T>(look: () => Promise<T>): AsyncGenerator<T> {
  for (;;) {
    yield await look()
    await new Promise(done => setTimeout(done, 25))
  }
}
