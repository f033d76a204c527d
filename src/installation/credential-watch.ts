import type { Audit } from '../audit/audit.ts'
import type { Log } from '../log.ts'
import type { CredentialExpiry } from '../microsoft/tokens/index.ts'
import { systemActor } from '../tenants/actor.ts'
import type { InstallationStore } from './store.ts'

/** Days before its end at which a credential is spoken of; 0 is the end. */
const warnedAt = [0, 1, 7, 14, 30] as const
const dayMs = 24 * 60 * 60 * 1000

/** Tells people of a credential that nears its end, or that has ended. */
export type AnnounceCredential = (news: {
  credential: string
  expiresAt: Date
  isOver: boolean
  at: Date
}) => Promise<void>

/**
 * Speaks up when a credential of the registration nears its end: in the
 * notifications, the audit and the log, once at each of 30, 14, 7 and 1 days before and at the end,
 * whichever process notices. Dashboard, doctor and metrics show it all the time.
 *
 * @returns looks once; what the clock calls
 */
export function createCredentialWatch({
  expiry,
  store,
  audit,
  announce,
  warn,
  now = () => new Date(),
}: {
  expiry: () => Promise<CredentialExpiry[]>
  store: Pick<InstallationStore, 'rememberWarning'>
  audit: Audit
  announce: AnnounceCredential
  warn: Log['warn']
  now?: () => Date
}): () => Promise<void> {
  return async () => {
    for (const { credential, expiresAt, daysLeft } of await expiry()) {
      if (!expiresAt) continue
      const left = (expiresAt.getTime() - now().getTime()) / dayMs
      const days = warnedAt.find(threshold => left <= threshold)
      if (days === undefined) continue

      const isNews = await store.rememberWarning(credential, `${expiresAt.toISOString()} ${days}`)
      if (!isNews) continue
      const detail = { expiresAt: expiresAt.toISOString(), daysLeft }
      const action = days === 0 ? 'credential.expired' : 'credential.expiring'
      warn({ credential, ...detail }, days === 0 ? 'a credential has expired' : 'a credential expires soon')
      await audit.record({ actor: systemActor, action, target: credential, detail })
      await announce({ credential, expiresAt, isOver: days === 0, at: now() })
    }
  }
}
