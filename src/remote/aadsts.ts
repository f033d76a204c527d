import type { FailureName } from './failure-names.ts'

/** The numbers of one meaning, its name, and what was found. */
type Row = [numbers: number[], name: FailureName, message: string]

/**
 * Entra's error numbers. Microsoft may change texts at any time, so only the
 * numbers count; a number that is not here is judged by its OAuth `error`.
 *
 * @see Microsoft identity platform, "Authentication and authorization error codes"
 */
// biome-ignore format: reads as a table
const rows: Row[] = [
  // Credentials of the app
  [[7000215], 'credential_invalid', 'The client secret is wrong; often its id was copied instead of its value.'],
  [[7000216, 7000218], 'credential_missing', 'The request carried neither a client secret nor an assertion.'],
  [[7000222], 'credential_expired', 'The client secret has expired.'],
  [[700024], 'assertion_time', 'The signed assertion is outside its time range.'],
  [[700027], 'certificate_unknown', 'The certificate that signed the assertion is not in the app registration.'],
  [[700030], 'certificate_unknown', 'The subject name of the certificate is not authorised for the app.'],
  [[70021, 700211, 700212, 700213], 'federation_mismatch', 'No federated credential matches issuer, subject and audience.'],
  [[700229], 'federation_mismatch', 'The federated assertion was not an app-only token.'],
  [[50012, 50013, 50027], 'assertion_invalid', 'The signed assertion is not valid.'],
  [[50048], 'assertion_invalid', 'Subject and issuer of the assertion differ.'],

  // The registration
  [[700025], 'registration_wrong', 'The app is registered as a public client, which may hold no credential.'],
  [[650059, 50194], 'registration_wrong', 'The app is registered for a single tenant.'],
  [[50011], 'registration_wrong', 'The redirect URI is not one of those registered.'],
  [[500113, 900971], 'registration_wrong', 'No redirect URI is registered; the approval itself may have been recorded.'],
  [[650056, 650057, 65005], 'registration_wrong', 'The app registration lists no permission for this API.'],
  [[650054], 'registration_wrong', 'The app registration lists a permission of an API that no longer exists.'],

  // The app in the customer's tenant
  [[700016, 700011], 'consent_missing', 'The app is not known in this tenant: not approved, removed, or another cloud.'],
  [[7000229], 'consent_missing', 'The tenant holds no service principal of the app: not approved, or removed.'],
  [[65001], 'consent_missing', 'Nobody has approved these permissions in the tenant.'],
  [[90099], 'consent_missing', 'The app was not approved beforehand in the tenant that it works for.'],
  [[7000112, 70001], 'app_disabled', 'The app is disabled in this tenant.'],
  [[1000031], 'app_disabled', 'The app cannot be used in this tenant at this time.'],
  [[650051], 'consent_not_written', 'The approval could not be written to the directory.'],
  [[65004], 'declined', 'The admin declined the request.'],
  [[90093, 90094, 90095], 'needs_admin', 'The signed-in person may not approve these permissions.'],
  [[900941, 900981], 'app_risky', 'Entra judged the app risky, so only an admin may approve it.'],

  // Tenants and clouds
  [[90002], 'tenant_not_found', 'There is no such tenant in this cloud.'],
  [[900023], 'tenant_not_found', 'The identifier is neither a tenant id nor a domain.'],
  [[90038, 900382, 900432], 'wrong_cloud', 'The tenant lives in another national cloud.'],
  [[500021, 500022, 500212, 500213], 'tenant_restricted', 'Tenant restrictions or a cross-tenant access policy block this access.'],

  // The API behind the token
  [[500011], 'service_missing', 'The tenant has no service principal for this API: the service is not there.'],
  [[650052], 'service_missing', 'The tenant lacks the service that one of the permissions belongs to.'],
  [[500014], 'service_disabled', 'The service principal of this API is disabled in the tenant.'],
  [[50001], 'resource_unknown', 'The API that a token was asked for does not exist or is disabled.'],

  // People
  [[70000, 54005, 70008], 'sign_in_required', 'The sign-in code is invalid, used or expired.'],
  [[50058, 50132, 50173, 70043], 'sign_in_required', 'The session is missing, revoked or too old.'],
  [[50072, 50074, 50076, 50079], 'mfa_required', 'Multifactor authentication was asked for and not completed.'],
  [[53000, 53001, 53002, 50005, 50097], 'conditional_access', 'A policy asks for a device that the sign-in did not come from.'],
  [[53003], 'conditional_access', 'A Conditional Access policy blocked the sign-in.'],
  [[530032, 530034, 530035, 53011], 'conditional_access', 'A security policy of the tenant, or the risk of the account, blocked the sign-in.'],
  [[50105], 'user_not_assigned', 'The account is not assigned to the app.'],
  [[50014, 50020, 50034, 16000, 51004], 'wrong_account', 'The account does not belong to this tenant.'],
  [[50053, 50055, 50057, 50126], 'sign_in_failed', 'The account is locked or disabled, or its password is wrong or expired.'],

  // Our requests
  [[90019, 50059, 50128, 9001023], 'invalid_request', 'The request named no tenant that a token can be issued for.'],
  [[50049], 'invalid_request', 'Entra does not know the host that the request was made for.'],
  [[70011, 1002012], 'invalid_request', 'The scope is malformed; an app asks for {resource}/.default.'],
  [[700022, 28002, 28003], 'invalid_request', 'The scope is empty or names two resources.'],
  [[501481], 'invalid_request', 'The PKCE verifier does not belong to the code.'],
  [[70003], 'invalid_request', 'The grant type is not supported.'],
  [[900144, 90014, 90004, 9002313, 90100, 90112], 'invalid_request', 'A parameter of the request is missing or malformed.'],
  [[100007], 'invalid_request', 'A regional endpoint was used, which is not for this app.'],

  // Load and outages
  [[90055], 'throttled', 'Entra throttles requests for this tenant.'],
  [[50196], 'throttled', 'Entra sees the same request too often.'],
  [[90033, 90006, 90012, 90024, 90090, 50033, 50000], 'unavailable', 'Entra reports a passing failure.'],
  [[90036, 90092], 'directory_failure', 'Entra reports a failure of the directory that repeating does not cure.'],
]

/** What is known about an Entra error number. */
export const aadstsTable: ReadonlyMap<number, { name: FailureName; message: string }> = new Map(
  rows.flatMap(([numbers, name, message]) => numbers.map(number => [number, { name, message }] as const)),
)
