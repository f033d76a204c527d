import type pg from 'pg'
import { z } from 'zod'
import { notifyChannel } from '../../platform/database/notices/channels.ts'
import type { StoreChange } from '../write-store.ts'

/** What processes tell each other about incidents: `[incident id, c(reated) or u(pdated), milliseconds of the update]`. */
export const changesChannel = 'tenantry_incidents'

const notice = z.object({
  t: z.guid(),
  c: z.array(z.tuple([z.string(), z.enum(['c', 'u']), z.number()])),
})

/** PostgreSQL's payload ends at 8,000 bytes; an entry has up to 43. */
const changesPerNotice = 150

/**
 * Tells of changes, and keeps those that notification rules have to look at;
 * within a transaction both happen when that commits.
 */
export async function sendChanges(
  client: pg.ClientBase,
  tenantId: string,
  changes: readonly StoreChange[],
): Promise<void> {
  if (changes.length === 0) return
  const incidentIds = changes.map(({ incidentId }) => incidentId)
  await client.query({ name: 'incidents-news', text: newsStatement }, [tenantId, incidentIds])
  for (let from = 0; from < changes.length; from += changesPerNotice) {
    const some = changes.slice(from, from + changesPerNotice)
    const payload: z.infer<typeof notice> = {
      t: tenantId,
      c: some.map(({ incidentId, kind, updatedAt }) => [
        incidentId,
        kind === 'created' ? 'c' : 'u',
        Date.parse(updatedAt),
      ]),
    }
    await notifyChannel(client, changesChannel, JSON.stringify(payload))
  }
}

/**
 * What was created before every rule, or before the tenant's first run of
 * synchronisation began, is history: a first run keeps nothing here. Without
 * rules the statement ends at its first condition.
 */
const newsStatement = `
  INSERT INTO "IncidentNews" ("tenantId", "incidentId")
  SELECT i."tenantId", i."incidentId"
  FROM "Incident" i JOIN "IncidentSync" s ON s."tenantId" = i."tenantId"
  WHERE EXISTS (SELECT 1 FROM "NotificationRule" WHERE enabled)
    AND i."tenantId" = $1 AND i."incidentId" = ANY($2::text[]) AND i."createdAt" >= s."startedAt"
    AND i."createdAt" >= (SELECT min("activeSince") FROM "NotificationRule" WHERE enabled)
  ORDER BY i."incidentId"
  ON CONFLICT ("tenantId", "incidentId") DO UPDATE SET version = gen_random_uuid(), at = now()`

/** A tenant's changes, as another process told them; null for what this version does not understand. */
export function readNotice(payload: string): { tenantId: string; changes: StoreChange[] } | null {
  try {
    const { t, c } = notice.parse(JSON.parse(payload))
    const changes = c.map(
      ([incidentId, kind, at]): StoreChange => ({
        incidentId,
        kind: kind === 'c' ? 'created' : 'updated',
        updatedAt: new Date(at).toISOString(),
      }),
    )
    return { tenantId: t, changes }
  } catch {
    return null
  }
}
