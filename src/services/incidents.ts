import { createIncidentWatch } from '../incidents/events/watch.ts'
import { createFreshness } from '../incidents/freshness.ts'
import { createIncidents } from '../incidents/incidents.ts'
import { createQueue } from '../incidents/queue/queue.ts'
import { createSavedViews } from '../incidents/saved-views/saved-views.ts'
import { createIgnoredIndicators } from '../incidents/sightings/ignored.ts'
import { createSightings } from '../incidents/sightings/sightings.ts'
import { createIncidentStatistics } from '../incidents/statistics/statistics.ts'
import { createSync } from '../incidents/sync/sync.ts'
import type { Defender } from '../microsoft/defender/index.ts'
import type { Tenants } from '../tenants/tenants.ts'
import type { Base } from './base.ts'

/** The incident store: its synchronisation, the queue and what is read from it. */
export function createIncidentServices(
  base: Base,
  { defender, tenants }: { defender: Defender; tenants: Tenants },
) {
  const { config, db, audit, log, now, random } = base
  const pool = base.background()
  const sync = createSync({ pool, defender, log, keepDays: config.incidentRetentionDays, random })
  const wake = (tenantId: string): void => {
    sync.wake([tenantId]).catch(error => log.warn({ err: error, tenantId }, 'a tenant was not woken'))
  }

  return {
    queue: createQueue({ db, defender }),
    savedViews: createSavedViews({ db, audit }),
    statistics: createIncidentStatistics({ db, now }),
    freshness: createFreshness({ db }),
    sightings: createSightings({ db }),
    ignoredIndicators: createIgnoredIndicators({ db, audit }),
    sync,
    /** Synchronises a tenant soon. */
    wake,
    incidentWatch: createIncidentWatch({
      db,
      connectionString: base.directUrl,
      onError: error => log.warn({ err: error }, 'changes of incidents could not be heard'),
    }),
    incidents: createIncidents({ db, pool, defender, tenants, audit, log, onChanged: wake }),
  }
}
