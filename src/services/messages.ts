import type { IncidentWatch } from '../incidents/events/watch.ts'
import type { Queue } from '../incidents/queue/queue.ts'
import { createNotifications } from '../notifications/notifications.ts'
import { createMailer } from '../notifications/rules/channels/email.ts'
import { createRuleDeliveries } from '../notifications/rules/deliver.ts'
import { createRuleFollower } from '../notifications/rules/follow.ts'
import { hasNews } from '../notifications/rules/match-store.ts'
import { createMatcher } from '../notifications/rules/matcher.ts'
import { createRules } from '../notifications/rules/rules.ts'
import { createDeliveries } from '../notifications/webhooks/deliveries.ts'
import { createSender } from '../notifications/webhooks/send.ts'
import { createWebhooks } from '../notifications/webhooks/webhooks.ts'
import { incidentRulesJob, ruleDeliveryJob, webhookDeliveryJob } from '../platform/jobs/kinds.ts'
import type { CurrentAccessOf } from '../staff/current-access.ts'
import type { Base } from './base.ts'
import type { createMicrosoft } from './microsoft.ts'

type ChooseProxy = ReturnType<typeof createMicrosoft>['chooseProxy']

/** What Tenantry tells people: in the console, by webhook and by e-mail. */
export function createMessages({ config, db, audit, key, jobs, now }: Base, chooseProxy: ChooseProxy) {
  const { publicUrl } = config
  const enqueue = (deliveryId: string, afterSeconds: number): Promise<void> =>
    jobs.enqueue(webhookDeliveryJob, { deliveryId }, { key: deliveryId, afterSeconds })
  const sender = createSender({ chooseProxy })
  const deliveries = createDeliveries({ db, key, sender, enqueue, now })

  return {
    sender,
    mailer: createMailer({ settings: config.mail, domain: new URL(publicUrl).hostname }),
    deliveries,
    webhooks: createWebhooks({ db, audit, key, enqueue, publicUrl, now }),
    notifications: createNotifications({ db, deliveries, now }),
  }
}

/** Rules that tell people of incidents: matched as incidents change, delivered by jobs. */
export function createRuleServices(
  { config, db, audit, key, jobs, log }: Base,
  { sender, mailer }: Pick<ReturnType<typeof createMessages>, 'sender' | 'mailer'>,
  deps: { queue: Queue; incidentWatch: IncidentWatch; currentAccessOf: CurrentAccessOf },
) {
  const { queue, incidentWatch, currentAccessOf } = deps
  const shared = {
    db,
    key,
    sender,
    mailer,
    publicUrl: config.publicUrl,
    queue,
    currentAccessOf,
    enqueue: (deliveryId: string, afterSeconds: number): Promise<void> =>
      // A try that waits for hours must not keep an earlier one from being written.
      jobs.enqueue(ruleDeliveryJob, { deliveryId }, { key: `${deliveryId} ${afterSeconds}`, afterSeconds }),
  }

  return {
    rules: createRules({ ...shared, audit }),
    matcher: createMatcher(shared),
    ruleDeliveries: createRuleDeliveries(shared),
    ruleFollower: createRuleFollower({
      incidentWatch,
      hasNews: () => hasNews(db),
      enqueue: () => jobs.enqueue(incidentRulesJob, {}, { key: 'news' }),
      onError: error => log.warn({ err: error }, 'rules did not hear of changed incidents'),
    }),
  }
}
