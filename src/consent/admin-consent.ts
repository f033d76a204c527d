import type { Failure } from '../errors.ts'
import type { Endpoints } from '../microsoft/clouds/endpoints.ts'
import { failureFromRedirect } from '../microsoft/failures/redirect-failure.ts'
import { type RoleKey, splitRole } from '../microsoft/roles/roles.ts'
import { isGuid } from '../platform/guid.ts'

export type AdminConsentRequest = {
  endpoints: Endpoints
  clientId: string
  /** GUID of the pinned tenant; null sends whoever signs in to the tenant of their own. */
  tenantId: string | null
  redirectUri: string
  state: string
  askedRoles: readonly RoleKey[]
}

/**
 * Writes the link to Microsoft's consent page. One resource must be named, yet
 * `/.default` grants the whole list of the registration, for all its APIs.
 *
 * @see Microsoft identity platform, "Admin consent" (v2 endpoint)
 */
export function writeAdminConsentUrl(request: AdminConsentRequest): URL {
  const { endpoints, askedRoles } = request
  const tenant = request.tenantId ?? 'organizations'
  const url = endpoints.url('login', `/${encodeURIComponent(tenant)}/v2.0/adminconsent`)
  url.search = new URLSearchParams({
    client_id: request.clientId,
    scope: `${resourceToName(endpoints, askedRoles)}/.default`,
    redirect_uri: request.redirectUri,
    state: request.state,
  }).toString()
  return url
}

/** A registration without Graph permissions is refused when Graph is named, so the surface asked for first decides. */
function resourceToName(endpoints: Endpoints, roles: readonly RoleKey[]): string {
  const asked = roles.map(role => splitRole(role).surface)
  const surface = asked.includes('graph') ? 'graph' : (asked[0] ?? 'graph')
  const { resources } = endpoints.cloud
  return resources[surface] ?? resources.graph ?? 'https://graph.microsoft.com'
}

/** What the redirect says. Nothing signs it: `granted` is a hint until a token proves it. */
export type AdminConsent =
  | { kind: 'granted'; state: string | null; tenantId: string }
  | {
      kind: 'refused'
      state: string | null
      failure: Failure
      correlationId: string | null
      subcode: string | null
    }
  | { kind: 'malformed'; state: string | null; problem: string }

/**
 * Reads the redirect that ends the admin consent flow. `error` is read before
 * `admin_consent`, because the v2 endpoint sends `admin_consent=True` with
 * errors too.
 *
 * @param redirect query parameters exactly as received
 * @returns never throws; whatever cannot be read is `malformed`. `state` is
 *   null when there is not exactly one
 * @see Microsoft identity platform, "Admin consent", successful and error response
 */
export function readAdminConsent(redirect: URLSearchParams, at = new Date()): AdminConsent {
  const states = redirect.getAll('state')
  const state = states.length === 1 && states[0] ? states[0] : null

  for (const name of ['state', 'tenant', 'admin_consent', 'error', 'error_description', 'error_subcode']) {
    if (redirect.getAll(name).length > 1)
      return { kind: 'malformed', state, problem: `"${name}" is given twice` }
    if (redirect.has(`${name}[]`)) return { kind: 'malformed', state, problem: `"${name}" is a list` }
  }

  const failure = failureFromRedirect(redirect, 'admin_consent', at)
  if (failure) {
    const correlationId = readCorrelationId(redirect.get('error_description') ?? '')
    return { kind: 'refused', state, failure, correlationId, subcode: redirect.get('error_subcode') }
  }

  if (redirect.get('admin_consent')?.toLowerCase() !== 'true') {
    return { kind: 'malformed', state, problem: '"admin_consent" is not "True"' }
  }
  const tenantId = redirect.get('tenant') ?? ''
  if (!isGuid(tenantId)) return { kind: 'malformed', state, problem: '"tenant" is not a GUID' }
  return { kind: 'granted', state, tenantId: tenantId.toLowerCase() }
}

/** The id that Microsoft's support asks for; the parts of a description are parted by line ends or spaces. */
export function readCorrelationId(description: string): string | null {
  return /Correlation ID:\s*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/i.exec(description)?.[1] ?? null
}
