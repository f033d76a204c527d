import type { Transaction } from '../tenants/store.ts'
import type { ApprovalRow } from './store.ts'

/** Tells people and webhooks that an act waits. @returns sends what leaves this installation; call it after the transaction */
export type AnnounceApproval = (tx: Transaction, row: ApprovalRow) => Promise<() => Promise<void>>
