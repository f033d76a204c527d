import { createAudit } from '../audit/audit.ts'
import { createOccasions } from '../audit/occasions.ts'
import { placesIn } from '../audit/places.ts'
import type { Config } from '../config.ts'
import type { AnalyzerLimits } from '../hunting/query/analyzer.ts'
import { openKey } from '../installation/key.ts'
import { createKeyRing } from '../installation/sealing/key-ring.ts'
import { createSealer } from '../installation/sealing/sealer.ts'
import { createInstallationStore } from '../installation/store.ts'
import { createLog, type LogDestination } from '../log.ts'
import type { Quotas, RemoteOptions } from '../microsoft/http/index.ts'
import { spend } from '../platform/database/connections/budget.ts'
import { createPool, withSchemaOf } from '../platform/database/connections/connections.ts'
import { limitConnections } from '../platform/database/connections/limit-connections.ts'
import { databaseOn } from '../platform/database/index.ts'
import { createJobs, type Jobs } from '../platform/jobs/jobs.ts'

export type Tuning = {
  now?: () => Date
  /** 0 to 1. */
  random?: () => number
  /** Keeps what is done later; a queue in the database unless told. */
  jobs?: Jobs
  quotas?: Quotas
  remote?: Omit<RemoteOptions, 'quotas' | 'log' | 'now'>
  logTo?: LogDestination
  analyzer?: Partial<AnalyzerLimits>
  /** Mean delay of the event loop beyond which requests are refused. */
  mostDelayMs?: number
}

export type Base = Awaited<ReturnType<typeof createBase>>

/** What every part stands on: settings, database, audit, queue, log, clock and chance. */
export async function createBase(config: Config, databaseUrl: string, tuning: Tuning) {
  const { now = () => new Date(), random = Math.random } = tuning
  const log = createLog(config.logLevel, tuning.logTo, { role: config.role })
  const budget = spend(config.databaseConnections)
  const pool = createPool(databaseUrl, {
    name: 'queries',
    max: budget.pool,
    onError: error => log.warn({ err: error }, 'an idle database connection broke'),
  })
  const db = databaseOn(pool, databaseUrl)
  /** Hunts and incidents: each may take half, and pages always find a connection. */
  const background = () => limitConnections(pool, budget.background)
  const installation = createInstallationStore(db)
  const key = await openKey(config, installation)
  const audit = createAudit({ db, key, places: placesIn(config.dataDir), now })
  const occasions = createOccasions({ db, audit, now })
  /** Counted by the metrics, which are made later. */
  const jobsFailed = { hear: (_job: string | null): void => {} }
  const keyRing = createKeyRing({ db, key, now })
  const sealer = createSealer(keyRing, config.encrypt !== 'none')
  const jobs =
    tuning.jobs ??
    createJobs({
      connectionString: databaseUrl,
      connections: budget.jobs,
      onError(error, job) {
        jobsFailed.hear(job)
        log.error({ err: error, job }, 'a job failed')
      },
    })

  return {
    config,
    databaseUrl,
    directUrl: config.databaseDirectUrl ? withSchemaOf(config.databaseDirectUrl, databaseUrl) : databaseUrl,
    budget,
    log,
    pool,
    background,
    db,
    installation,
    key,
    keyRing,
    sealer,
    audit,
    occasions,
    jobs,
    jobsFailed,
    now,
    random,
  }
}
