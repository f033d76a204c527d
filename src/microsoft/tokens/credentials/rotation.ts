import { type Failure, RemoteError } from '../../../errors.ts'
import type { Credential, CredentialKind, Presented } from './credential.ts'
import { isCredentialRefusal } from './refusal.ts'

/** After this a refused credential is tried first again, for somebody may have repaired it. */
const retryAfterMs = 15 * 60 * 1000

/** Told once when a credential that worked, or was never tried, is refused. */
export type CredentialRefused = {
  credential: string
  kind: CredentialKind
  failure: Failure
  /** The one that is tried instead; null when none is left. */
  next: string | null
}

export type CredentialCheck = {
  credential: string
  kind: CredentialKind
  /** Null when it worked. */
  failure: Failure | null
}

type Slot = { credential: Credential; refused: { failure: Failure; until: number } | null }

/** The registration's credentials in the order of the settings. */
export type Credentials = {
  /**
   * Runs one exchange with a credential that Entra takes: the first that is
   * not known as refused, then the others.
   *
   * @param audience the token endpoint that is asked
   * @throws RemoteError of the exchange, or the first refusal when all are refused
   */
  use<T>(audience: string, exchange: (presented: Presented) => Promise<T>): Promise<T>
  /** Tries each by itself, for the doctor. */
  check(audience: string, exchange: (presented: Presented) => Promise<unknown>): Promise<CredentialCheck[]>
  /** Another process was refused: here the credential is not tried first any more either. Nobody is told again. */
  noteRefusal(label: string, failure: Failure): void
  /** The credentials with their present refusal. */
  list(): { credential: Credential; refusal: Failure | null }[]
}

export function rotateCredentials(options: {
  credentials: Credential[]
  now: () => Date
  onRefused?: ((refused: CredentialRefused) => void) | undefined
}): Credentials {
  const { now, onRefused } = options
  const slots: Slot[] = options.credentials.map(credential => ({ credential, refused: null }))

  function inOrder(): Slot[] {
    const at = now().getTime()
    const isWaiting = (slot: Slot) => slot.refused !== null && slot.refused.until > at
    return [...slots.filter(slot => !isWaiting(slot)), ...slots.filter(isWaiting)]
  }

  function refuse(slot: Slot, { failure }: RemoteError, next: Slot | undefined): void {
    const isNews = slot.refused?.failure.code !== failure.code
    slot.refused = { failure, until: now().getTime() + retryAfterMs }
    if (isNews) {
      const { label: credential, kind } = slot.credential
      onRefused?.({ credential, kind, failure, next: next?.credential.label ?? null })
    }
  }

  return {
    async use(audience, exchange) {
      const order = inOrder()
      const refusals: RemoteError[] = []

      for (const [index, slot] of order.entries()) {
        try {
          const result = await withRenewal(slot.credential, audience, exchange)
          slot.refused = null
          return result
        } catch (error) {
          if (!isCredentialRefusal(error)) throw error
          refusals.push(error)
          refuse(slot, error, order[index + 1])
        }
      }
      throw refusals[0] ?? new Error('no credential is configured')
    },

    async check(audience, exchange) {
      const checks: CredentialCheck[] = []
      for (const { credential } of slots) {
        const named = { credential: credential.label, kind: credential.kind }
        try {
          await withRenewal(credential, audience, exchange)
          checks.push({ ...named, failure: null })
        } catch (error) {
          if (!(error instanceof RemoteError)) throw error
          checks.push({ ...named, failure: error.failure })
        }
      }
      return checks
    },

    noteRefusal(label, failure) {
      for (const slot of slots) {
        if (slot.credential.label === label) slot.refused = { failure, until: now().getTime() + retryAfterMs }
      }
    },

    list: () => slots.map(({ credential, refused }) => ({ credential, refusal: refused?.failure ?? null })),
  }
}

/** One refusal is forgiven when the credential has been replaced where it is kept. */
async function withRenewal<T>(
  credential: Credential,
  audience: string,
  exchange: (presented: Presented) => Promise<T>,
): Promise<T> {
  try {
    return await exchange(await credential.present(audience))
  } catch (error) {
    if (!isCredentialRefusal(error) || error.failure.service !== 'entra') throw error
    if (!(await isReplaced(credential))) throw error
    return await exchange(await credential.present(audience))
  }
}

async function isReplaced(credential: Credential): Promise<boolean> {
  try {
    return await credential.renew()
  } catch (error) {
    // The refusal says more than the vault that could not be asked about it.
    if (isCredentialRefusal(error)) return false
    throw error
  }
}
