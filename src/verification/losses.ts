import type { Transaction } from '../audit/store.ts'
import type { Failure } from '../errors.ts'
import { isAboutTheTenant } from '../tenants/health/consent-problems.ts'
import { type TenantRecord, updateTenant } from '../tenants/store.ts'
import type { Decision } from './decision.ts'

/** A tenant lost something, or is well again after people were told that it was not. */
export type TenantNews = { tenant: { id: string; name: string }; at: Date } & (
  | { kind: 'disconnected' | 'degraded'; problem: Failure; rolesMissing: readonly string[] }
  | { kind: 'connected' }
)

/** Writes what is to be told in the transaction. @returns what sends it once the transaction has ended */
export type AnnounceTenant = (tx: Transaction, news: TenantNews) => Promise<() => Promise<void>>

type Known = Pick<TenantRecord, 'status' | 'rolesMissing' | 'verifiedAt' | 'lossCauses' | 'lossTold'>

/** What a look changes in what people know of a tenant's losses; null when it changes nothing. */
export type LossChange = { causes: string[]; told: boolean; tell: TenantNews['kind'] | null }

/**
 * Compares what stands against a tenant with what people know of it: each new
 * cause is told once, and once that all is well again. What was never there is
 * no loss: a role that the first consent did not bring, or one that staff
 * began to require. Pure.
 */
export function lossChange(known: Known, decision: Decision): LossChange | null {
  const causes = causesOf(decision)
  if (!causes) return null
  const fresh = causes.filter(cause => !known.lossCauses.includes(cause) && !isOldNews(known, cause))
  if (fresh.length > 0 && known.verifiedAt !== null) {
    return { causes, told: true, tell: decision.status === 'disconnected' ? 'disconnected' : 'degraded' }
  }
  if (causes.length === 0) {
    if (known.lossCauses.length === 0 && !known.lossTold) return null
    return { causes, told: false, tell: known.lossTold ? 'connected' : null }
  }
  const isSame = causes.join() === known.lossCauses.join()
  return isSame ? null : { causes, told: known.lossTold, tell: null }
}

/** Writes the change and tells it; of two looks at the same moment one does. */
export async function tellLosses(
  tx: Transaction,
  announce: AnnounceTenant,
  tenant: TenantRecord,
  decision: Decision,
  at: Date,
): Promise<(() => Promise<void>) | null> {
  const change = lossChange(tenant, decision)
  if (!change) return null
  const { causes: lossCauses, told: lossTold, tell } = change
  const asKnown = { lossCauses: { equals: tenant.lossCauses }, lossTold: tenant.lossTold }
  const count = await updateTenant(tx, tenant.id, { lossCauses, lossTold }, asKnown)
  if (count !== 1 || !tell) return null
  const { id, name } = tenant
  if (tell === 'connected') return await announce(tx, { tenant: { id, name }, at, kind: tell })
  const { failure: problem, rolesMissing } = decision
  return problem && (await announce(tx, { tenant: { id, name }, at, kind: tell, problem, rolesMissing }))
}

/**
 * What takes something away from the tenant, one word for each cause.
 *
 * @returns null when this look tells nothing for good: it is not settled, or
 *   what went wrong passes by itself or is about the partner
 */
function causesOf({ settled, isLasting, status, failure, rolesMissing }: Decision): string[] | null {
  if (!settled) return null
  if (!failure) return []
  if (!isLasting) return null
  if (status === 'disconnected') return [`disconnected ${failure.code}`]
  const missing = rolesMissing.map(role => `missing ${role}`)
  const isOther = failure.code !== 'role_missing' && failure.permanent && isAboutTheTenant(failure)
  const causes = [...missing, ...(isOther ? [`degraded ${failure.code}`] : [])]
  return causes.length > 0 ? causes : null
}

/** Stood against the tenant before losses were noted: since its first consent, or since staff required more. */
function isOldNews({ status, rolesMissing, lossCauses }: Known, cause: string): boolean {
  if (lossCauses.length > 0) return false
  const [kind, what = ''] = cause.split(' ')
  return kind === 'missing' ? rolesMissing.includes(what) : kind === status
}
