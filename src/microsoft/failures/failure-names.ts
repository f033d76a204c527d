import type { Mover } from '../../errors.ts'
import { apiFailures } from './names/api.ts'
import { consentFailures } from './names/consent.ts'
import { credentialFailures } from './names/credential.ts'
import type { FailureKind } from './names/kind.ts'
import { signInFailures } from './names/sign-in.ts'
import { wireFailures } from './names/wire.ts'

const kinds = {
  ...consentFailures,
  ...credentialFailures,
  ...signInFailures,
  ...apiFailures,
  ...wireFailures,
}

/** Every name a remote failure can have. Stable: rows, pages and the JSON API carry them. */
export type FailureName = keyof typeof kinds

export const failureKinds: Record<FailureName, FailureKind> = kinds

export function isFailureName(code: string): code is FailureName {
  return Object.hasOwn(kinds, code)
}

/**
 * What the customer's admin can do about a failure, in words for a page that
 * strangers see. Says that nothing is to be done where it is not their move.
 */
export function remedyForCustomer(code: string): string {
  const customer = isFailureName(code) ? failureKinds[code].customer : undefined
  return (
    customer ??
    'There is nothing to do on your side. Your partner can see what happened and takes care of it.'
  )
}

/** The words for a name alone, for lists that count failures; a name of an older version speaks for itself. */
export function failureWords(code: string): { message: string; remedy: string; whoseMove: Mover } {
  if (!isFailureName(code)) return { message: code.replaceAll('_', ' '), remedy: '', whoseMove: 'nobody' }
  const { message, remedy, whoseMove } = failureKinds[code]
  return { message, remedy, whoseMove }
}
