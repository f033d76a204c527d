import { type Protection, protectionRemedy } from '../audit/protection.ts'
import { failureOf } from '../errors.ts'
import type { Discovery } from '../microsoft/clouds/discovery.ts'
import type { Endpoints } from '../microsoft/clouds/endpoints.ts'
import type { Remote } from '../microsoft/http/index.ts'
import type { CredentialSettings, Tokens } from '../microsoft/tokens/index.ts'
import type { Mailer } from '../notifications/rules/channels/email.ts'
import type { Budget, ServerConnections } from '../platform/database/connections/budget.ts'
import type { DatabaseServer } from '../platform/database/connections/server.ts'
import type { ChooseProxy } from '../platform/proxy/choose-proxy.ts'
import type { Actor } from '../tenants/actor.ts'
import { connectionSummary } from '../tenants/connection-summary.ts'
import type { Tenants } from '../tenants/tenants.ts'
import type { Verification } from '../verification/verification.ts'
import { type Finding, failed, failedWith, ok, warning } from './check.ts'
import { checkDataFolder } from './data-folder.ts'
import { checkDisk } from './disk.ts'
import { checkHosts } from './hosts.ts'
import { checkInterfaces } from './interfaces.ts'
import { checkPublicAddress } from './public-address.ts'
import { probeRedirectUris } from './redirect-uris.ts'
import { describeWayOut } from './way-out.ts'

export type DoctorDeps = {
  clientId: string
  partnerTenantId: string
  publicUrl: string
  dataDir: string
  endpoints: Endpoints
  remote: Remote
  credentials: CredentialSettings[]
  chooseProxy: ChooseProxy
  extraAuthorities: string[]
  discovery: Discovery
  tokens: Tokens
  tenants: Tenants
  verification: Verification
  readiness: () => Promise<string[]>
  /** What this process may need of the database's connections, and what the server has. */
  /** The version of PostgreSQL, and whether our connection to it is encrypted. */
  databaseServer: () => Promise<DatabaseServer>
  connectionBudget: () => Promise<{ budget: Budget; server: ServerConnections }>
  mailer: Pick<Mailer, 'check'>
  /** Whether the database keeps the application from changing its audit. */
  auditProtection: () => Promise<Protection>
  /** Whether ID tokens list directory roles, as staff sign-ins showed; null before the first. */
  directoryRolesListed: () => Promise<boolean | null>
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
  deps: DoctorDeps,
  actor: Actor,
  tenant: string | null,
): AsyncGenerator<Finding> {
  yield ok('settings', 'all settings can be used')
  yield* checkReadiness(deps)
  yield await checkServer(deps)
  yield await checkAuditProtection(deps)
  yield await checkConnections(deps)
  yield await checkDataFolder(deps.dataDir)
  yield await checkDisk(deps.dataDir)
  yield await checkPublicAddress(deps)
  yield describeWayOut(deps)
  yield* checkHosts(deps)
  yield await checkClock(deps)
  yield await checkPartnerTenant(deps)
  yield* checkCredentials(deps)
  yield* probeRedirectUris(deps)
  yield await checkDirectoryRoles(deps)
  yield* checkInterfaces(deps, actor)
  yield* checkMail(deps)
  if (tenant) yield* checkTenant(deps, actor, tenant)
}

async function* checkReadiness({ readiness }: DoctorDeps): AsyncGenerator<Finding> {
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

async function checkAuditProtection({ auditProtection }: DoctorDeps): Promise<Finding> {
  const check = 'audit protection'
  const { isComplete, gaps } = await auditProtection()
  if (isComplete) return ok(check, 'the application can append to the audit, and neither change nor remove')
  return warning(check, gaps.join('; '), protectionRemedy)
}

async function checkServer({ databaseServer }: DoctorDeps): Promise<Finding> {
  const check = 'database server'
  try {
    const { version, isEncrypted, isLocal } = await databaseServer()
    const what = `PostgreSQL ${version}, ${isLocal ? 'on this machine' : isEncrypted ? 'by TLS' : 'without TLS'}`
    return isLocal || isEncrypted
      ? ok(check, `${what}; Node.js ${process.versions.node}`)
      : warning(check, what, 'Add sslmode=verify-full to DATABASE_URL, and sslrootcert with the authority.')
  } catch (error) {
    return failed(check, 'could not be asked', `The database said: ${messageOf(error)}.`)
  }
}

async function checkConnections({ connectionBudget }: DoctorDeps): Promise<Finding> {
  const check = 'database connections'
  try {
    const { budget, server } = await connectionBudget()
    const left = server.allowed - server.used
    return budget.all <= left
      ? ok(check, `PostgreSQL has ${left} of ${server.allowed} left; a process needs ${budget.all} at most`)
      : warning(
          check,
          `PostgreSQL has ${left} of ${server.allowed} left, and another process needs ${budget.all} at most`,
          'Raise max_connections, or lower TENANTRY_DATABASE_CONNECTIONS.',
        )
  } catch (error) {
    return failed(check, 'could not be counted', `The database said: ${messageOf(error)}.`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Compares our clock with the date that the login host answers with. */
async function checkClock({ remote, endpoints }: DoctorDeps): Promise<Finding> {
  const startedAt = Date.now()
  try {
    const answer = await remote.call({
      service: 'entra',
      place: 'tenant_lookup',
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

async function checkPartnerTenant({ discovery, partnerTenantId }: DoctorDeps): Promise<Finding> {
  try {
    const { cloud } = await discovery.resolve(partnerTenantId)
    return ok('partner tenant', `${partnerTenantId} is known in the ${cloud} cloud`)
  } catch (error) {
    return explain('partner tenant', error)
  }
}

/** Each credential by a real token for the partner’s own tenant. */
async function* checkCredentials({ tokens, partnerTenantId }: DoctorDeps): AsyncGenerator<Finding> {
  const expiry = await tokens.expiry()
  for (const { credential, failure } of await tokens.checkCredentials(partnerTenantId, 'graph')) {
    const check = `credential: ${credential}`
    const end = expiry.find(one => one.credential === credential)
    if (failure) yield failedWith(check, failure)
    else if (end && end.level !== 'ok' && end.daysLeft !== null) {
      yield warning(
        check,
        `works, but ${end.daysLeft < 0 ? 'has ended' : end.daysLeft < 1 ? 'ends within a day' : end.daysLeft === 1 ? 'ends in 1 day' : `ends in ${end.daysLeft} days`}`,
        'Make a new one and set it as the second credential.',
      )
    } else yield ok(check, 'Entra gave a token for it')
  }
}

/** Open consent links connect by themselves only when ID tokens tell who is an administrator. */
async function checkDirectoryRoles({ directoryRolesListed }: DoctorDeps): Promise<Finding> {
  const check = 'directory roles in ID tokens'
  const areListed = await directoryRolesListed()
  if (areListed) return ok(check, 'listed, as the last staff sign-in showed')
  if (areListed === null) {
    return warning(check, 'not known before the first staff sign-in', 'Sign in to the console once.')
  }
  return warning(
    check,
    'not listed: links that are not pinned to a tenant wait for a confirmation by staff',
    'Entra admin center → App registrations → Token configuration → Add groups claim → Directory roles.',
  )
}

/** The mail server by a connection and a sign-in; nothing when none is set. */
async function* checkMail({ mailer }: DoctorDeps): AsyncGenerator<Finding> {
  const failure = await mailer.check()
  if (failure === undefined) return
  yield failure ? failedWith('mail server', failure) : ok('mail server', 'takes messages')
}

async function* checkTenant(
  { discovery, tenants, verification }: DoctorDeps,
  actor: Actor,
  tenant: string,
): AsyncGenerator<Finding> {
  const check = `tenant ${tenant}`
  try {
    const { tenantId } = await discovery.resolve(tenant)
    await tenants.get(actor, tenantId)
    const found = await verification.verifyNow(actor, tenantId)
    const { headline, failure } = connectionSummary(found)
    const what = `${found.name}: ${headline.toLowerCase()}`
    if (found.status === 'connected' && failure === null)
      yield ok(check, `${what}, with ${found.rolesGranted.length} roles`)
    else {
      const outcome = found.status === 'connected' || found.status === 'verifying' ? 'warning' : 'failed'
      const finding = failure
        ? failedWith(check, { ...failure, message: `${what}. ${failure.message}` })
        : failed(check, what, 'Ask again in a few minutes.')
      yield { ...finding, outcome }
    }
  } catch (error) {
    yield explain(check, error)
  }
}

/** @throws whatever is neither ours nor the other side's */
function explain(check: string, error: unknown): Finding {
  const failure = failureOf(error)
  if (!failure) throw error
  return failedWith(check, { ...failure, remedy: failure.remedy || 'See the documentation of the setting.' })
}
