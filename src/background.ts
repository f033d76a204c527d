import type { Invitations } from './consent/invitations.ts'
import type { ConnectLists } from './consent/lists/connect-lists.ts'
import type { Verification } from './consent/verification.ts'
import type { DeviceService } from './devices/devices.ts'
import type { Hunts } from './hunting/hunts/hunts.ts'
import type { Runner } from './hunting/schedules/runner.ts'
import type { Jobs } from './jobs/jobs.ts'
import {
  connectListJob,
  deviceActionJob,
  healthJob,
  housekeepingJob,
  recheckJob,
  scheduleClockJob,
  scheduleRunJob,
  verificationJob,
  webhookDeliveryJob,
} from './jobs/kinds.ts'
import type { Notifications } from './notifications/notifications.ts'
import type { Deliveries } from './notifications/webhooks/deliveries.ts'
import type { SessionRows } from './staff/store.ts'

type Parts = {
  verification: Verification
  connectLists: ConnectLists
  devices: DeviceService
  runner: Runner
  deliveries: Deliveries
  notifications: Notifications
  invitations: Invitations
  sessionRows: SessionRows
  watchCredentials: () => Promise<unknown>
  hunts: Hunts
}

/**
 * What is done in the background, and how often. Hunts are not among it: their
 * engine works through rows of its own.
 */
export function handleJobs(jobs: Jobs, parts: Parts): void {
  const { verification, connectLists, devices, runner, deliveries } = parts
  const { notifications, invitations, sessionRows, watchCredentials, hunts } = parts

  jobs.handle(deviceActionJob, ({ actionId }) => devices.follow(actionId))
  jobs.handle(connectListJob, ({ id }, signal) => connectLists.work(id, signal))
  jobs.handle(verificationJob, ({ tenantId, run }) => verification.verifyTenant(tenantId, run))
  jobs.handle(recheckJob, ({ tenantId }) => verification.checkTenant(tenantId))
  jobs.handle(healthJob, async (_nothing, signal) => {
    await verification.resumeStranded()
    await verification.checkDue(undefined, signal)
    await connectLists.keepHouse()
    await devices.resumeStranded()
  })
  jobs.handle(scheduleClockJob, async () => {
    await runner.startDue()
    await runner.resume()
    await deliveries.resume()
  })
  jobs.handle(scheduleRunJob, ({ runId }) => runner.advance(runId))
  jobs.handle(webhookDeliveryJob, ({ deliveryId }) => deliveries.attempt(deliveryId))
  jobs.handle(housekeepingJob, async () => {
    await runner.keepHouse()
    await deliveries.keepHouse()
    await notifications.keepHouse()
    await invitations.expireDue()
    await sessionRows.removeExpired(new Date())
    await watchCredentials()
    await hunts.removeExpired()
  })
  jobs.repeat(healthJob, '* * * * *')
  jobs.repeat(scheduleClockJob, '* * * * *')
  jobs.repeat(housekeepingJob, '*/10 * * * *')
}
