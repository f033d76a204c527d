import type { Mover } from '../../errors.ts'
import { scrub } from '../http/scrub.ts'
import { type EntraPlace, findEntraError, remedyOf } from './entra-errors.ts'
import { type FailureName, failureKinds } from './failure-names.ts'
import { lookupUrl } from './lookup.ts'
import { findOauthError } from './oauth-errors.ts'

/** What Entra said when it refused. */
export type EntraRefusal = {
  place: EntraPlace
  /** The number after `AADSTS`; null when the answer carries none. */
  number: number | null
  /** The OAuth `error`; null when the answer is no OAuth error. */
  error: string | null
  /** Its description, as received. */
  text: string
  /** HTTP status; null on a redirect. */
  status: number | null
}

/** What a refusal comes to. What is left out is as usual for the name. */
export type Verdict = {
  name: FailureName
  message?: string | undefined
  remedy?: string | undefined
  whoseMove?: Mover | undefined
  permanent?: boolean | undefined
  serviceCode?: string | null
}

/**
 * Judges a refusal by its number and the place where it occurred, else by its
 * OAuth error. A number that nobody knows at this place is told with its text
 * and Microsoft's page about it: guessing would send people to do the wrong
 * thing, such as signing in because an app token was refused.
 *
 * @returns null when only the HTTP status tells what is wrong
 */
export function judgeEntra({ place, number, error, text, status }: EntraRefusal): Verdict | null {
  const known = number === null ? null : findEntraError(number, place)
  if (known) {
    return {
      name: known.code,
      message: known.found,
      remedy: remedyOf(known, place),
      whoseMove: known.whoseMove,
      permanent: known.retry === 'no',
    }
  }

  const isPassing = ['server_error', 'temporarily_unavailable'].includes(error ?? '') || (status ?? 0) >= 500
  if (number !== null && status !== 429)
    return isPassing ? passing(number, text) : unknown(number, text, place)
  // Load and outages are told by the status; Entra's text for them is no help.
  if (error === null || status === 429 || (status ?? 0) >= 500) return null

  const name = findOauthError(error, place, status === null)
  const message = told(text)
  if (!name) return { ...unknown(null, text || error, place) }
  return { name, message, ...atPlace(name, place) }
}

function unknown(number: number | null, text: string, place: EntraPlace): Verdict {
  const url = number === null ? null : lookupUrl(`AADSTS${number}`)
  return {
    name: 'entra_refused',
    message: told(text) ?? (number === null ? undefined : `Entra refused the request with AADSTS${number}.`),
    remedy: url
      ? `Look up AADSTS${number} at ${url}, or report it to Microsoft with its request id.`
      : 'Report this to Microsoft with its request id.',
    whoseMove: place === 'staff_sign_in' ? 'staff' : 'partner',
  }
}

function passing(number: number, text: string): Verdict {
  const { remedy } = failureKinds.unavailable
  return {
    name: 'unavailable',
    message: told(text),
    remedy: `${remedy} Microsoft’s page about the code: ${lookupUrl(`AADSTS${number}`)}.`,
  }
}

/** A name's words for a member of staff differ from those for a customer's administrator. */
function atPlace(name: FailureName, place: EntraPlace): Pick<Verdict, 'remedy' | 'whoseMove'> {
  const { staff } = failureKinds[name]
  return place === 'staff_sign_in' && staff ? staff : {}
}

function told(text: string): string | undefined {
  const clean = scrub(text)
  return clean === '' ? undefined : `Entra says: ${clean}`
}
