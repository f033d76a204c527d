import type { RemoteFailure } from '../errors.ts'
import { aadstsTable } from './aadsts.ts'
import { readAadsts } from './error-body.ts'
import type { FailureName } from './failure-names.ts'
import { namedFailure } from './named-failure.ts'
import { oauthErrors } from './oauth-errors.ts'
import { scrub } from './scrub.ts'

/**
 * Reads the error in a redirect from Entra, be it admin consent or a sign-in.
 * `error` decides, also when `admin_consent=True` stands beside it, as v2 does.
 *
 * @param redirect query parameters exactly as received; nothing signs them
 * @returns null when the redirect carries no `error`
 * @see Microsoft identity platform, "Admin consent", error response
 */
export function failureFromRedirect(redirect: URLSearchParams, at = new Date()): RemoteFailure | null {
  const error = redirect.get('error')
  if (error === null) return null

  const description = redirect.get('error_description') ?? ''
  const number = readAadsts(description) ?? numberFromUri(redirect.get('error_uri') ?? '')
  const known = number === null ? undefined : aadstsTable.get(number)
  const name = known?.name ?? nameOf(error)
  return namedFailure(name, {
    service: 'entra',
    message: known?.message ?? (description === '' ? undefined : `Entra says: ${scrub(description)}`),
    serviceCode: number === null ? scrub(error).slice(0, 80) || null : `AADSTS${number}`,
    requestId: /Trace ID:\s*([0-9a-f-]{36})/i.exec(description)?.[1] ?? null,
    at,
  })
}

function nameOf(error: string): FailureName {
  // On a redirect a person was asked, so "consent required" means that they went away without giving it.
  if (error === 'consent_required') return 'declined'
  // No credential is shown on the way through a browser; what Entra cannot place here is the app itself.
  if (error === 'invalid_client') return 'registration_wrong'
  return oauthErrors.get(error) ?? 'invalid_request'
}

function numberFromUri(uri: string): number | null {
  const match = /[?&]code=(\d{4,8})\b/.exec(uri)
  return match ? Number(match[1]) : null
}
