import type { EntityKind } from '../entities.ts'

/** What can point to the same attacker in several tenants; hosts, users and mailboxes are one customer's own. */
export const indicatorKinds = ['hash', 'ip', 'domain', 'sender', 'process'] as const satisfies EntityKind[]
export type IndicatorKind = (typeof indicatorKinds)[number]
