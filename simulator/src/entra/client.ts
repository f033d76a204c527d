import type { FastifyRequest } from 'fastify'
import type { CustomerProfile } from '../world.ts'
import { EntraError } from './aadsts.ts'
import { checkClientAssertion } from './client-assertion.ts'
import { type EntraContext, given } from './context.ts'

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export type ClientProof = { provedBy: 'secret' | 'assertion' }

/** HTTP Basic, whose two halves are form-encoded (RFC 6749 section 2.3.1). */
function readBasic(request: FastifyRequest): { clientId: string; secret: string } | undefined {
  const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ')
  if (scheme.toLowerCase() !== 'basic') return undefined
  const text = Buffer.from(value, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) throw new EntraError(9002313, 'The Authorization header is malformed.')
  try {
    const [clientId, secret] = [text.slice(0, colon), text.slice(colon + 1)].map(decodeURIComponent)
    return { clientId: clientId ?? '', secret: secret ?? '' }
  } catch {
    throw new EntraError(9002313, 'The Authorization header is malformed.')
  }
}

/**
 * Which application asks, before it proves itself.
 *
 * @throws EntraError 900144 without a client id, 700016 when it is not registered
 */
export function readClientId(
  { registration }: EntraContext,
  request: FastifyRequest,
  form: URLSearchParams,
  tenant: CustomerProfile,
): void {
  const clientId = given(form, 'client_id') ?? readBasic(request)?.clientId
  if (!clientId) throw new EntraError(900144, "Missing: 'client_id'.")
  if (clientId.toLowerCase() !== registration.clientId) {
    throw new EntraError(700016, `Application with identifier '${clientId}', directory '${tenant.name}'.`)
  }
}

/**
 * Checks the credential of the application.
 *
 * @param missing the AADSTS number when there is none, which differs by grant
 * @throws EntraError that says what is wrong with it
 */
export async function authenticateClient(
  context: EntraContext,
  request: FastifyRequest,
  form: URLSearchParams,
  tenant: CustomerProfile,
  missing: 7000216 | 7000218,
): Promise<ClientProof> {
  const assertion = given(form, 'client_assertion')
  if (assertion) {
    if (form.get('client_assertion_type') !== assertionType) {
      throw new EntraError(90100, "Found an unknown 'client_assertion_type'.")
    }
    await checkClientAssertion(context, assertion, tenant, context.loginOrigin(request))
    return { provedBy: 'assertion' }
  }

  const secret = given(form, 'client_secret') ?? readBasic(request)?.secret
  if (!secret) throw new EntraError(missing)
  const status = context.registration.checkSecret(secret)
  const app = `App: '${context.registration.clientId}'.`
  if (status === 'unknown') throw new EntraError(7000215, app)
  if (status === 'expired') throw new EntraError(7000222, app)
  return { provedBy: 'secret' }
}
