import { hkdfSync } from 'node:crypto'
import { createHunts, type Hunts } from '../hunting/hunts/hunts.ts'
import { createLibrary } from '../hunting/library/library.ts'
import { type AnalyzerLimits, createQueryAnalyzer } from '../hunting/query/analyzer.ts'
import type { Announce } from '../hunting/schedules/runs/announce.ts'
import { createRunner } from '../hunting/schedules/runs/runner.ts'
import { createSchedules } from '../hunting/schedules/schedules.ts'
import type { Defender } from '../microsoft/defender/index.ts'
import { scheduleRunJob } from '../platform/jobs/kinds.ts'
import type { CurrentAccessOf } from '../staff/current-access.ts'
import type { Base } from './base.ts'

/** The key of one file that holds nothing that the database does not: 64 hexadecimal digits, never stored. */
function tableFileKey(key: Buffer, name: string): string {
  return Buffer.from(hkdfSync('sha256', key, '', `tenantry result table ${name}`, 32)).toString('hex')
}

/** Hunts, the library of queries, and schedules. */
export function createHunting(
  { config, directUrl, background, db, key, sealer, audit, jobs, log, now, random }: Base,
  {
    defender,
    currentAccessOf,
    announce,
    limits,
  }: {
    defender: Defender
    currentAccessOf: CurrentAccessOf
    announce: Announce
    limits: Partial<AnalyzerLimits> | undefined
  },
) {
  const { publicUrl } = config
  const enqueueRun = (runId: string, afterSeconds: number): Promise<void> =>
    jobs.enqueue(scheduleRunJob, { runId }, { key: runId, afterSeconds })
  const analyzer = createQueryAnalyzer(limits)
  const hunts: Hunts = createHunts({
    analyzer,
    db,
    pool: background(),
    connectionString: directUrl,
    audit,
    hunt: defender.hunt,
    prepare: defender.prepareHunt,
    log,
    keepDays: config.huntRetentionDays,
    sealer,
    tableKey: config.encrypt === 'none' ? null : name => tableFileKey(key, name),
    dataDir: config.dataDir,
    huntingShare: config.huntingShare,
    now,
    random,
  })

  const library = createLibrary({ db, audit, analyzer })
  const schedules = createSchedules({
    db,
    audit,
    library,
    analyzer,
    currentAccessOf,
    enqueue: enqueueRun,
    now,
  })
  const runner = createRunner({
    db,
    hunts,
    library,
    announce,
    audit,
    currentAccessOf,
    enqueue: enqueueRun,
    publicUrl,
    keepDays: config.huntRetentionDays,
    now,
  })

  return { analyzer, hunts, library, schedules, runner }
}
