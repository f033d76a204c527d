import type { ConsentDeps } from '../consent/deps.ts'
import { createConsentFlow } from '../consent/flow.ts'
import { createDemoCustomers } from '../demo/customers.ts'
import { createInvitations } from '../invitations/invitations.ts'
import { createReminders, type SendMail } from '../invitations/send-reminder.ts'
import type { Defender } from '../microsoft/defender/index.ts'
import { surfaces } from '../microsoft/roles/roles.ts'
import { createConnect } from '../onboarding/connect.ts'
import { createConnectLists } from '../onboarding/lists/connect-lists.ts'
import { connectListJob, verificationJob } from '../platform/jobs/kinds.ts'
import type { AnnounceTenant } from '../verification/losses.ts'
import { createObserve } from '../verification/observation.ts'
import { createVerification } from '../verification/verification.ts'
import type { Base } from './base.ts'
import type { Microsoft } from './microsoft.ts'

/** From a link, or from a list, to a tenant that is connected and checked. */
export function createOnboarding(
  { config, db, key, audit, jobs, now, random }: Base,
  { endpoints, discovery, tokens }: Microsoft,
  {
    probe,
    dropTokens,
    announce,
    announceConfirming,
    onChecked,
    sendMail,
  }: {
    probe: Defender['probe']
    dropTokens: (tenantId: string) => void
    announce: AnnounceTenant
    announceConfirming: ConsentDeps['announceConfirming']
    onChecked: (tenantId: string) => void
    /** Null: no mail server is set. */
    sendMail: SendMail | null
  },
) {
  const { requiredRoles } = config
  const resolveTenant = discovery.resolve
  const enqueueVerification = (tenantId: string, run: number, afterSeconds: number): Promise<void> =>
    jobs.enqueue(verificationJob, { tenantId, run }, { key: `${tenantId} ${run}`, afterSeconds })
  const observe = createObserve({
    acquireFresh: (tenantId, surface) => tokens.acquire(tenantId, surface, { fresh: true }),
    probe,
    available: surfaces.filter(surface => endpoints.cloud.origins[surface] !== null),
  })
  const verification = createVerification({
    db,
    audit,
    observe,
    requiredRoles,
    enqueueVerification,
    dropTokens,
    now,
    random,
    announce,
    onChecked,
  })
  const invitations = createInvitations({ db, audit, key, resolveTenant, now })
  const { publicUrl } = config
  const reminders = createReminders({ db, audit, key, publicUrl, sender: config, invitations, sendMail, now })
  const consent = createConsentFlow({
    ...config,
    askedRoles: config.askedRoles,
    db,
    audit,
    key,
    endpoints,
    signIn: tokens.signIn,
    resolveTenant,
    enqueueVerification,
    dropTokens,
    now,
    announceConfirming,
  })
  const connect = createConnect({
    db,
    audit,
    resolveTenant,
    observe,
    verification,
    requiredRoles,
    now,
    random,
  })

  const connectLists = createConnectLists({
    db,
    connect,
    enqueue: id => jobs.enqueue(connectListJob, { id }, { key: id }),
    now,
  })

  const demoCustomers = config.demo
    ? createDemoCustomers({ origin: `http://127.0.0.1:${config.simulatorPort}`, connectLists })
    : null

  return { verification, invitations, reminders, consent, connect, connectLists, demoCustomers }
}
