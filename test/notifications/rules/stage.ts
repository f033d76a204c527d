import { randomBytes, randomUUID } from 'node:crypto'
import type pg from 'pg'
import { createAudit } from '../../../src/audit/audit.ts'
import { recordAnswer, recordDeletion } from '../../../src/incidents/change/record.ts'
import { createQueue } from '../../../src/incidents/queue/queue.ts'
import type { SyncedIncident } from '../../../src/microsoft/defender/index.ts'
import { createNotifications } from '../../../src/notifications/notifications.ts'
import { createMailer } from '../../../src/notifications/rules/channels/email.ts'
import { createRuleDeliveries } from '../../../src/notifications/rules/deliver.ts'
import { createMatcher } from '../../../src/notifications/rules/matcher.ts'
import type { RuleDraft } from '../../../src/notifications/rules/model.ts'
import { createRules } from '../../../src/notifications/rules/rules.ts'
import { createDeliveries } from '../../../src/notifications/webhooks/deliveries.ts'
import { createSender } from '../../../src/notifications/webhooks/send.ts'
import { createWebhooks } from '../../../src/notifications/webhooks/webhooks.ts'
import { createPool } from '../../../src/platform/database/connections/connections.ts'
import type { CurrentAccess, CurrentAccessOf } from '../../../src/staff/current-access.ts'
import type { Actor } from '../../../src/tenants/actor.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'
import { anIncident } from '../../incidents/given-incidents.ts'
import { admin, givenTenant } from '../../tenants/givens.ts'

export const analyst: Actor = { ...admin, id: 'b7a9a1de-0000-4000-8000-000000000002', role: 'analyst' }
export const northAnalyst: Actor = {
  ...analyst,
  id: 'b7a9a1de-0000-4000-8000-000000000005',
  label: 'north@partner.example',
  tenants: { tags: ['north'], ids: [] },
}

const key = randomBytes(32)

export type RuleStage = Awaited<ReturnType<typeof givenRules>>

/** Rules on a real database, with a clock of their own; incidents come as the synchronisation writes them. */
export async function givenRules(options: { smtpUrl?: URL } = {}) {
  const database: TestDatabase = await createTestDatabase()
  const pool: pg.Pool = createPool(database.url, { name: 'test', max: 4 })
  pool.on('error', () => {})
  const { db } = database
  let time = new Date()
  const now = () => time
  const waiting: { id: string; at: number }[] = []
  const enqueue = async (id: string, afterSeconds: number) =>
    void waiting.push({ id, at: time.getTime() + afterSeconds * 1000 })
  const audit = createAudit({ db, key })
  const sender = createSender()
  const mailer = createMailer({
    settings: options.smtpUrl ? { url: options.smtpUrl, from: 'Tenantry <alerts@partner.example>' } : null,
    domain: 'tenantry.partner.example',
    timeoutMs: 2_000,
  })
  const queue = createQueue({ db, defender: { readStoredAlert: () => null } })
  const access = new Map<string, CurrentAccess>()
  const actors = new Map([admin, analyst, northAnalyst].map(actor => [actor.id, actor]))
  const currentAccessOf: CurrentAccessOf = async people =>
    new Map(
      people.flatMap(({ id }) => {
        const actor = actors.get(id)
        const known = access.get(id) ?? (actor ? { actor, gone: null } : undefined)
        return known ? [[id, known] as const] : []
      }),
    )
  const publicUrl = 'https://tenantry.partner.example'
  const deps = { db, key, sender, mailer, publicUrl, queue, currentAccessOf, enqueue, now }
  const webhookDeps = { db, key, enqueue: async () => {}, now }

  return {
    ...database,
    pool,
    queue,
    /** What owners may do; whoever is not named here is as they are above. */
    access,
    rules: createRules({ ...deps, audit }),
    matcher: createMatcher(deps),
    /** The same deps again, as another process has them. */
    anotherMatcher: () => createMatcher(deps),
    ruleDeliveries: createRuleDeliveries(deps),
    notifications: createNotifications({
      db,
      deliveries: createDeliveries({ ...webhookDeps, sender }),
      now,
    }),
    webhooks: createWebhooks({ ...webhookDeps, audit, publicUrl }),
    waiting,
    now,
    setTime: (to: Date | string) => {
      time = new Date(to)
    },
    forward: (seconds: number) => {
      time = new Date(time.getTime() + seconds * 1000)
    },

    /** A tenant whose first run began a month ago. */
    async tenant(name: string, tags: string[] = []): Promise<string> {
      const id = await givenTenant(db, { name: `${name} ${randomUUID().slice(0, 8)}`, tags })
      await db.tenant.update({ where: { id }, data: { name } })
      await db.incidentSync.create({
        data: { tenantId: id, startedAt: new Date(time.getTime() - 30 * 86_400_000) },
      })
      return id
    },

    /** Incidents that are created now, unless they say otherwise. */
    async arrive(
      tenantId: string,
      ...incidents: [string, Parameters<typeof anIncident>[1]?][]
    ): Promise<void> {
      const at = new Date(time.getTime() + 1).toISOString()
      const synced = incidents.map(
        ([id, facts]): SyncedIncident =>
          anIncident(id, { severity: 'high', createdAt: at, updatedAt: at, ...facts }),
      )
      await recordAnswer(pool, tenantId, synced, new Date(Date.now() + 60_000))
    },

    vanish: (tenantId: string, incidentId: string) => recordDeletion(pool, tenantId, incidentId),

    /** Rules look, and what is due is tried, for so long; the clock moves on with it. */
    async drive(seconds = 0): Promise<void> {
      const end = time.getTime() + seconds * 1000
      for (;;) {
        await this.matcher.work()
        const next = waiting.toSorted((one, other) => one.at - other.at)[0]
        if (!next || next.at > end) break
        waiting.splice(waiting.indexOf(next), 1)
        time = new Date(Math.max(time.getTime(), next.at))
        await this.ruleDeliveries.attempt(next.id)
      }
      time = new Date(Math.max(time.getTime(), end))
    },

    async clean(): Promise<void> {
      waiting.length = 0
      access.clear()
      time = new Date()
      await db.notificationRule.deleteMany()
      await db.notification.deleteMany()
      await db.webhook.deleteMany()
      await db.tenant.deleteMany()
      await database.emptyAudit()
    },

    async close(): Promise<void> {
      await sender.close()
      mailer.close()
      await pool.end()
      await database.drop()
    },
  }
}

export function ruleDraft(changes: Partial<RuleDraft> = {}): RuleDraft {
  return {
    name: 'High severity',
    severities: ['high'],
    product: null,
    words: null,
    tenants: 'all',
    timeZone: 'UTC',
    quiet: null,
    targets: [{ kind: 'console', address: 'owner' }],
    ...changes,
  }
}
