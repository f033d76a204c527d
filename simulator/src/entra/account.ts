import type { FastifyReply, FastifyRequest } from 'fastify'
import type { CustomerProfile } from '../world.ts'
import { EntraError } from './aadsts.ts'
import type { AuthorizeRequest } from './authorize-request.ts'
import { type EntraContext, given, type SignedIn } from './context.ts'
import { signInPage, tenantPickerPage } from './pages/sign-in.ts'
import { partner } from './partner.ts'

const listedTenants = 50
/** Parameters of the simulator's own forms, which no protocol knows. */
const ownParams = ['account', 'flow', 'decision']

/** The request's own address, for a form to post back to. */
export function ownAddress(request: FastifyRequest, params: URLSearchParams): string {
  const carried = [...params].filter(([name]) => !ownParams.includes(name))
  const [path = ''] = request.url.split('?')
  return `${path}?${new URLSearchParams(carried)}`
}

/** The tenant of the path; undefined when the path lets any organization in. */
export function authorityTenant(context: EntraContext, segment: string): CustomerProfile | undefined {
  return ['common', 'organizations'].includes(segment) ? undefined : context.directory.resolve(segment)
}

function pickTenantPage(context: EntraContext, request: FastifyRequest, params: URLSearchParams): string {
  const filter = params.get('q') ?? ''
  const wanted = filter.trim().toLowerCase()
  const found = [partner, ...context.world.customers()].filter(
    tenant => tenant.name.toLowerCase().includes(wanted) || tenant.domain.includes(wanted),
  )
  const [path = ''] = request.url.split('?')
  return tenantPickerPage({
    path,
    params,
    filter,
    tenants: found.slice(0, listedTenants),
    total: found.length,
  })
}

/**
 * The page on which the person says who they are.
 *
 * @param authority the tenant of the path, if it names one
 */
export function accountPage(
  context: EntraContext,
  request: FastifyRequest,
  params: URLSearchParams,
  authority: CustomerProfile | undefined,
): string {
  const hint = given(params, 'login_hint')?.toLowerCase()
  const hinted =
    hint === undefined ? undefined : context.directory.find(hint.slice(hint.lastIndexOf('@') + 1))
  const tenant = authority ?? context.directory.find(given(params, 'sim_tenant') ?? '') ?? hinted
  if (!tenant) return pickTenantPage(context, request, params)

  const session = params.get('prompt') === 'login' ? undefined : context.sessions.find(request)
  function rank(username: string): number {
    return username.toLowerCase() === hint ? 0 : session?.usernames.includes(username) ? 1 : 2
  }
  const accounts = [...tenant.people, ...(tenant.guests ?? [])]
    .map(person => ({ person, isSignedIn: session?.usernames.includes(person.username) ?? false }))
    .sort((left, right) => rank(left.person.username) - rank(right.person.username))
  return signInPage({
    appName: context.registration.appName,
    tenant,
    accounts,
    action: ownAddress(request, params),
  })
}

/**
 * Signs in the account that was chosen.
 *
 * @throws EntraError 50020 when the account is not in the tenant of the path, 50126 when nobody has that name
 */
export function signInAccount(
  context: EntraContext,
  request: FastifyRequest,
  reply: FastifyReply,
  account: string,
  authority: CustomerProfile | undefined,
  wanted: Partial<Pick<AuthorizeRequest, 'prompt' | 'maxAgeSeconds' | 'acr'>> = {},
): SignedIn {
  const found = context.directory.person(account, authority)
  if (!found) throw new EntraError(50126, `There is no account '${account}'.`)
  if (authority && found.home.tenantId !== authority.tenantId) {
    throw new EntraError(50020, `'${account}' does not exist in the tenant '${authority.name}'.`)
  }
  const session = context.sessions.signIn(request, reply, {
    username: found.person.username,
    now: Math.floor(context.world.now().getTime() / 1000),
    maxAgeSeconds: wanted.prompt === 'login' ? -1 : (wanted.maxAgeSeconds ?? Number.POSITIVE_INFINITY),
  })
  const { sid, authTime } = session
  return { tenant: found.home, person: found.person, sid, authTime, acrs: wanted.acr ? [wanted.acr] : [] }
}

/**
 * Who would be signed in without a word: the one account of this browser that
 * the tenant knows.
 *
 * @throws EntraError 50058 when nobody is signed in, 16000 when several are
 */
export function silentAccount(
  context: EntraContext,
  request: FastifyRequest,
  authority: CustomerProfile | undefined,
  loginHint: string | undefined,
): SignedIn {
  const session = context.sessions.find(request)
  const known = (session?.usernames ?? []).flatMap(username => {
    const found = context.directory.person(username, authority)
    const fits = found && (!authority || found.home.tenantId === authority.tenantId)
    return fits && (!loginHint || loginHint.toLowerCase() === username.toLowerCase()) ? [found] : []
  })
  const [only, ...others] = known
  if (!session || !only) throw new EntraError(50058)
  if (others.length > 0) throw new EntraError(16000)
  const authTime = session.authTimes.get(only.person.username) ?? 0
  return { tenant: only.home, person: only.person, sid: session.sid, authTime, acrs: [] }
}
