import type { Discovery } from '../clouds/discovery.ts'
import type { Endpoints } from '../clouds/endpoints.ts'
import type { Verification } from '../consent/verification.ts'
import { AppError, RemoteError } from '../errors.ts'
import type { Readiness } from '../installation/readiness.ts'
import type { Remote } from '../remote/index.ts'
import type { Actor } from '../tenants/actor.ts'
import { connectionSummary } from '../tenants/connection-summary.ts'
import type { Tenants } from '../tenants/tenants.ts'
import type { Tokens } from '../tokens/index.ts'
import { type Finding, failed, ok, warning } from './check.ts'
import { probeRedirectUris } from './redirect-uris.ts'

export type DoctorParts = {
  clientId: string
  partnerTenantId: string
  publicUrl: string
  endpoints: Endpoints
  remote: Remote
  discovery: Discovery
  tokens: Tokens
  tenants: Tenants
  verification: Verification
  readiness: Readiness
}

/** Clock skew that Entra tolerates in assertions and tokens, in seconds. */
const tolerableSkewSeconds = 60

/**
 * Looks at everything that must work, in the order in which one thing needs
 * the other, and yields each finding as soon as it is known.
 *
 * @param tenant GUID or domain of a customer's tenant to check as well
 */
export async function* examine(
  parts: DoctorParts,
  actor: Actor,
  tenant: string | null,
): AsyncGenerator<Finding> {
  yield ok('settings', 'all settings can be used')
  yield* checkReadiness(parts)
  yield await checkClock(parts)
  yield await checkPartnerTenant(parts)
  yield* checkCredentials(parts)
  yield* probeRedirectUris(parts)
  if (tenant) yield* checkTenant(parts, actor, tenant)
}

async function* checkReadiness({ readiness }: DoctorParts): AsyncGenerator<Finding> {
  const missing = await readiness()
  for (const part of ['database', 'migrations', 'queue']) {
    yield missing.includes(part)
      ? failed(
          part,
          'not ready',
          part === 'migrations'
            ? 'Start Tenantry once: it applies them.'
            : 'Check that PostgreSQL runs and DATABASE_URL reaches it.',
        )
      : ok(part, 'ready')
  }
}

/** Compares our clock with the date that the login host answers with. */
async function checkClock({ remote, endpoints }: DoctorParts): Promise<Finding> {
  const startedAt = Date.now()
  try {
    const answer = await remote.call({
      service: 'entra',
      tenantId: null,
      method: 'GET',
      url: endpoints.url('login', '/organizations/v2.0/.well-known/openid-configuration'),
      deadlineMs: 15_000,
    })
    const theirs = Date.parse(answer.headers.date ?? '')
    if (Number.isNaN(theirs))
      return warning('clock', 'the login host names no time', 'Compare this machine’s clock by hand.')
    // The header has whole seconds, and the answer was on its way for half the round trip.
    const skew = Math.round((startedAt + Date.now()) / 2000 - theirs / 1000)
    return Math.abs(skew) <= tolerableSkewSeconds
      ? ok('clock', `within ${Math.max(1, Math.abs(skew))} s of the login host`)
      : failed(
          'clock',
          `${Math.abs(skew)} s ${skew > 0 ? 'ahead of' : 'behind'} the login host`,
          'Set this machine’s clock by NTP: tokens and assertions carry times.',
        )
  } catch (error) {
    return explain('login host', error)
  }
}

async function checkPartnerTenant({ discovery, partnerTenantId }: DoctorParts): Promise<Finding> {
  try {
    const { cloud } = await discovery.resolve(partnerTenantId)
    return ok('partner tenant', `${partnerTenantId} is known in the ${cloud} cloud`)
  } catch (error) {
    return explain('partner tenant', error)
  }
}

/** Each credential by a real token for the partner’s own tenant. */
async function* checkCredentials({ tokens, partnerTenantId }: DoctorParts): AsyncGenerator<Finding> {
  const expiry = await tokens.expiry()
  for (const { credential, failure } of await tokens.checkCredentials(partnerTenantId, 'graph')) {
    const check = `credential: ${credential}`
    const end = expiry.find(one => one.credential === credential)
    if (failure) yield failed(check, failure.message, failure.remedy)
    else if (end && end.level !== 'ok' && end.daysLeft !== null) {
      yield warning(
        check,
        `works, but ${end.daysLeft < 0 ? 'has ended' : end.daysLeft < 1 ? 'ends within a day' : end.daysLeft === 1 ? 'ends in 1 day' : `ends in ${end.daysLeft} days`}`,
        'Make a new one and set it as the second credential.',
      )
    } else yield ok(check, 'Entra gave a token for it')
  }
}

async function* checkTenant(
  { discovery, tenants, verification }: DoctorParts,
  actor: Actor,
  tenant: string,
): AsyncGenerator<Finding> {
  const check = `tenant ${tenant}`
  try {
    const { tenantId } = await discovery.resolve(tenant)
    await tenants.get(actor, tenantId)
    const found = await verification.verifyNow(actor, tenantId)
    const { headline, cause, remedy } = connectionSummary(found)
    const what = `${found.name}: ${headline.toLowerCase()}`
    if (found.status === 'connected' && cause === null)
      yield ok(check, `${what}, with ${found.rolesGranted.length} roles`)
    else {
      const tell = found.status === 'connected' || found.status === 'verifying' ? warning : failed
      yield tell(check, cause === null ? what : `${what}. ${cause}`, remedy ?? 'Ask again in a few minutes.')
    }
  } catch (error) {
    yield explain(check, error)
  }
}

/** @throws whatever is neither ours nor the other side's */
function explain(check: string, error: unknown): Finding {
  if (error instanceof AppError)
    return failed(check, error.message, error.remedy ?? 'See the documentation of the setting.')
  if (error instanceof RemoteError) return failed(check, error.failure.message, error.failure.remedy)
  throw error
}
