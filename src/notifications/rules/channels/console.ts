import type { Transaction } from '../../../audit/store.ts'
import type { IncidentView } from '../../../incidents/model.ts'
import { storableText } from '../../../platform/storable.ts'
import type { IncidentToldEvent } from '../../event.ts'
import { writeTopic } from '../../store.ts'

type Told = { rule: { id: string; name: string }; recipientId: string | null; at: Date }

/** Tells of an incident in the console: one line, that an update writes over. */
export async function tellInConsole(
  tx: Transaction,
  event: IncidentToldEvent,
  { rule, recipientId, at }: Told,
): Promise<void> {
  const { tenantId, id } = event.incident
  await writeTopic(tx, {
    kind: 'incident',
    title: storableText(event.summary, 400),
    href: `/incidents/${encodeURIComponent(id)}`,
    topic: `${rule.id}:${id}`,
    tenantId,
    ruleId: rule.id,
    recipientId,
    at,
  })
}

/** A line for each tenant: who does not see one must not learn from a sum. */
export async function tellDigestInConsole(
  tx: Transaction,
  deliveryId: string,
  incidents: readonly IncidentView[],
  { rule, recipientId, at }: Told,
): Promise<void> {
  for (const [tenantId, some] of Map.groupBy(incidents, one => one.tenantId)) {
    const count = `${some.length.toLocaleString('en')} new incident${some.length === 1 ? '' : 's'}`
    await writeTopic(tx, {
      kind: 'incident',
      title: storableText(`${count} of ${some[0]?.tenantName ?? ''}, found by the rule ${rule.name}`, 400),
      href: `/incidents?tenant=${tenantId}`,
      topic: `${deliveryId}:${tenantId}`,
      tenantId,
      ruleId: rule.id,
      recipientId,
      at,
    })
  }
}
