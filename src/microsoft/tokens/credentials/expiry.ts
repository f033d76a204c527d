import { type Failure, RemoteError } from '../../../errors.ts'
import type { CredentialKind } from './credential.ts'
import type { Credentials } from './rotation.ts'

export type ExpiryLevel = 'ok' | 'notice' | 'warning' | 'critical' | 'expired'

export type CredentialExpiry = {
  /** The label of the settings. */
  credential: string
  kind: CredentialKind
  /** Null when it cannot be known. */
  expiresAt: Date | null
  /** Whole days, negative after the end; null with `expiresAt`. */
  daysLeft: number | null
  level: ExpiryLevel
  /** Why Entra refuses it now, or why its end could not be read; null when nothing is wrong. */
  failure: Failure | null
}

const dayMs = 24 * 60 * 60 * 1000

/** 30 days: notice, 14: warning, 7 and less: critical. */
export function expiryLevel(expiresAt: Date | null, now: Date): ExpiryLevel {
  if (!expiresAt) return 'ok'
  const left = expiresAt.getTime() - now.getTime()
  if (left <= 0) return 'expired'
  if (left <= 7 * dayMs) return 'critical'
  if (left <= 14 * dayMs) return 'warning'
  if (left <= 30 * dayMs) return 'notice'
  return 'ok'
}

/** How long each credential lasts and what is wrong with it now. One that cannot be read does not hide the others. */
export function readExpiry(credentials: Credentials, now: Date): Promise<CredentialExpiry[]> {
  return Promise.all(
    credentials.list().map(async ({ credential, refusal }) => {
      const named = { credential: credential.label, kind: credential.kind }
      try {
        const expiresAt = await credential.expiresAt()
        const isExpired = refusal?.code === 'credential_expired'
        return {
          ...named,
          expiresAt,
          daysLeft: expiresAt ? Math.floor((expiresAt.getTime() - now.getTime()) / dayMs) : null,
          level: isExpired ? 'expired' : refusal ? 'critical' : expiryLevel(expiresAt, now),
          failure: refusal,
        }
      } catch (error) {
        if (!(error instanceof RemoteError)) throw error
        return {
          ...named,
          expiresAt: null,
          daysLeft: null,
          level: 'critical',
          failure: error.failure,
        }
      }
    }),
  )
}
