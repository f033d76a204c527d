import type { Approvals } from './approvals/approvals.ts'
import type { DeviceService } from './devices/devices.ts'
import type { Hunts } from './hunting/hunts/hunts.ts'
import type { Runner } from './hunting/schedules/runs/runner.ts'
import type { Sightings } from './incidents/sightings/sightings.ts'
import type { Sync } from './incidents/sync/sync.ts'
import type { Invitations } from './invitations/invitations.ts'
import type { Notifications } from './notifications/notifications.ts'
import type { RuleDeliveries } from './notifications/rules/deliver.ts'
import type { Matcher } from './notifications/rules/matcher.ts'
import type { Deliveries } from './notifications/webhooks/deliveries.ts'
import type { ConnectLists } from './onboarding/lists/connect-lists.ts'
import type { Jobs } from './platform/jobs/jobs.ts'
import {
  auditJob,
  connectListJob,
  deviceActionJob,
  healthJob,
  housekeepingJob,
  incidentRulesJob,
  recheckJob,
  ruleDeliveryJob,
  scheduleClockJob,
  scheduleRunJob,
  sightingsJob,
  verificationJob,
  webhookDeliveryJob,
} from './platform/jobs/kinds.ts'
import type { SessionRows } from './staff/sessions/store.ts'
import type { Verification } from './verification/verification.ts'

type JobDeps = {
  approvals: Approvals
  verification: Verification
  connectLists: ConnectLists
  devices: DeviceService
  runner: Runner
  deliveries: Deliveries
  notifications: Notifications
  matcher: Matcher
  ruleDeliveries: RuleDeliveries
  invitations: Invitations
  sessionRows: SessionRows
  watchCredentials: () => Promise<unknown>
  hunts: Hunts
  sync: Sync
  sightings: Sightings
  removeOldHistory: () => Promise<unknown>
  auditing: { archiveAndVerify: () => Promise<void> }
}

/** Daily checks that are claimed together. */
const checksAtOnce = 200

/**
 * What is done in the background, and how often. Hunts are not among it: their
 * engine works through rows of its own.
 */
export function handleJobs(jobs: Jobs, deps: JobDeps): void {
  const { verification, connectLists, devices, runner, deliveries } = deps
  const { matcher, ruleDeliveries, sightings, approvals } = deps
  const { notifications, invitations, sessionRows, watchCredentials, hunts, sync } = deps

  jobs.handle(deviceActionJob, ({ actionId }) => devices.follow(actionId))
  jobs.handle(connectListJob, ({ id }, signal) => connectLists.work(id, signal))
  jobs.handle(verificationJob, ({ tenantId, run }) => verification.verifyTenant(tenantId, run))
  jobs.handle(recheckJob, ({ tenantId }) => verification.checkTenant(tenantId))
  jobs.handle(healthJob, async (_nothing, signal) => {
    await verification.resumeStranded()
    // Until none is due: how many are is a matter of the installation's size, not of the minute.
    while ((await verification.checkDue(checksAtOnce, signal)) === checksAtOnce && !signal.aborted);
    await connectLists.resumeStranded()
    await connectLists.purge()
    await devices.resumeStranded()
  })
  jobs.handle(scheduleClockJob, async () => {
    await approvals.expireAndResume()
    await runner.startDue()
    await runner.resume()
    await deliveries.resume()
    await matcher.work()
    await ruleDeliveries.resume()
  })
  jobs.handle(scheduleRunJob, ({ runId }) => runner.advance(runId))
  jobs.handle(webhookDeliveryJob, ({ deliveryId }) => deliveries.attempt(deliveryId))
  jobs.handle(sightingsJob, (_nothing, signal) => sightings.compare(signal))
  jobs.handle(incidentRulesJob, (_nothing, signal) => matcher.work(signal))
  jobs.handle(ruleDeliveryJob, ({ deliveryId }) => ruleDeliveries.attempt(deliveryId))
  jobs.handle(housekeepingJob, async () => {
    await runner.purge()
    await deliveries.purge()
    await notifications.purge()
    await ruleDeliveries.purge()
    await invitations.expireDue()
    await sessionRows.removeExpired(new Date())
    await watchCredentials()
    await hunts.removeExpired()
    await sync.removeExpired()
    await sightings.removeUnshared()
    await deps.removeOldHistory()
  })
  jobs.handle(auditJob, () => deps.auditing.archiveAndVerify())
  jobs.repeat(auditJob, '17 * * * *')
  jobs.repeat(healthJob, '* * * * *')
  jobs.repeat(sightingsJob, '* * * * *')
  jobs.repeat(scheduleClockJob, '* * * * *')
  jobs.repeat(housekeepingJob, '*/10 * * * *')
}
