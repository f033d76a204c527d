import type { Transaction } from '../tenants/store.ts'

/** A suspension that began or ended. */
export type SuspensionNews = {
  kind: 'suspended' | 'resumed'
  /** Null: of everything. */
  tenantId: string | null
  tenantName: string | null
  reason: string
  by: string
  at: Date
}

/** Tells people and webhooks. @returns sends what leaves this installation; call it after the transaction */
export type AnnounceSuspension = (tx: Transaction, news: SuspensionNews) => Promise<() => Promise<void>>
