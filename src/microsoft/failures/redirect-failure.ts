import type { Failure } from '../../errors.ts'
import { scrub } from '../http/scrub.ts'
import type { EntraPlace } from './entra-errors.ts'
import { judgeEntra } from './entra-failure.ts'
import { readAadsts } from './error-body.ts'
import { namedFailure } from './named-failure.ts'

/** Places where a person signs in. */
export type SignInPlace = Extract<EntraPlace, 'staff_sign_in' | 'proof_sign_in'>

/** Places where Entra answers through the person's browser. */
export type RedirectPlace = SignInPlace | 'admin_consent'

/**
 * Reads the error in a redirect from Entra, be it admin consent or a sign-in.
 * `error` decides, also when `admin_consent=True` stands beside it, as v2 does.
 *
 * @param redirect query parameters exactly as received; nothing signs them
 * @returns null when the redirect carries no `error`
 * @see Microsoft identity platform, "Admin consent", error response
 */
export function failureFromRedirect(
  redirect: URLSearchParams,
  place: RedirectPlace,
  at = new Date(),
): Failure | null {
  const error = redirect.get('error')
  if (error === null) return null

  const text = redirect.get('error_description') ?? ''
  const number = readAadsts(text) ?? numberFromUri(redirect.get('error_uri') ?? '')
  const { name, ...verdict } = judgeEntra({ place, number, error, text, status: null }) ?? {
    name: 'entra_refused' as const,
  }
  return namedFailure(name, {
    service: 'entra',
    ...verdict,
    serviceCode: number === null ? scrub(error).slice(0, 80) || null : `AADSTS${number}`,
    requestId: /Trace ID:\s*([0-9a-f-]{36})/i.exec(text)?.[1] ?? null,
    at,
  })
}

function numberFromUri(uri: string): number | null {
  const match = /[?&]code=(\d{4,8})\b/.exec(uri)
  return match ? Number(match[1]) : null
}
