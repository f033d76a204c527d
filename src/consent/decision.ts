import type { RemoteFailure } from '../errors.ts'
import { asSeenInConnectedTenant, namedFailure } from '../remote/named-failure.ts'
import { afterConsentRetryable } from '../remote/retryable.ts'
import { barsEveryToken, isAboutThePartner, isAboutTheRequest } from '../tenants/consent-problems.ts'
import { compareRoles } from '../tenants/role-comparison.ts'
import { describeAbsence, type RoleKey, splitRole } from '../tenants/roles.ts'
import type { TenantStatus } from '../tenants/store.ts'
import type { SurfaceObservation } from './observation.ts'

/** What is known of the tenant from before. */
export type Before = {
  status: TenantStatus
  rolesGranted: readonly string[]
  /** It worked once: what is unknown now was removed. */
  wasVerified: boolean
}

export type Decision = {
  status: TenantStatus
  /** False: ask again soon, what was seen may only not have spread yet. */
  settled: boolean
  rolesGranted: RoleKey[]
  rolesMissing: RoleKey[]
  /** What stands in the way most, null when all is well. */
  failure: RemoteFailure | null
  /** At least one token carries roles: the tenant's consent is a fact. */
  consentSeen: boolean
}

/**
 * Decides what a tenant's state is from what its surfaces answered. Pure.
 *
 * @param windowOpen within the first minutes after a consent, when an answer
 *   that falls short may come right by itself
 */
export function decide(
  required: readonly RoleKey[],
  observations: readonly SurfaceObservation[],
  before: Before,
  windowOpen: boolean,
  now: Date,
): Decision {
  const granted = observations.flatMap(one => one.roles ?? rolesBefore(one, before))
  const comparison = compareRoles(required, granted)
  const consentSeen = observations.some(one => (one.roles?.length ?? 0) > 0)
  const problems = problemsOf(observations, comparison.missing, consentSeen, before, now)
  const result = { rolesGranted: comparison.granted, rolesMissing: comparison.missing, consentSeen }

  const first = problems[0] ?? null
  if (!first) return { ...result, status: 'connected', settled: true, failure: null }

  const worked = before.status === 'connected' || before.status === 'degraded'
  if (windowOpen && problems.some(settlesByItself)) {
    const failure = { ...(problems.find(settlesByItself) ?? first), permanent: false }
    return { ...result, status: worked ? before.status : 'verifying', settled: false, failure }
  }

  const failure = before.wasVerified ? asSeenInConnectedTenant(first) : first
  const lasting = problems.filter(isLasting)
  // A bad minute, or a credential of our own, takes nothing away from what the tenant granted.
  if (lasting.length === 0 && worked) return { ...result, status: before.status, settled: true, failure }

  const status = observations.some(one => works(one, before)) ? 'degraded' : 'disconnected'
  return { ...result, status, settled: true, failure }
}

/**
 * A token that could not be had for a passing reason, or because the tenant
 * lets nobody in at present, says nothing about its roles: those of before
 * stand, and nobody is sent a link that would not help.
 */
function rolesBefore({ surface, tokenFailure }: SurfaceObservation, before: Before): RoleKey[] {
  if (!tokenFailure || (isLasting(tokenFailure) && !barsEveryToken(tokenFailure))) return []
  return before.rolesGranted.filter((role): role is RoleKey => splitRole(role as RoleKey).surface === surface)
}

function works(one: SurfaceObservation, before: Before): boolean {
  if ([one.tokenFailure, one.callFailure].some(failure => failure && isLasting(failure))) return false
  return (one.roles ?? rolesBefore(one, before)).length > 0
}

/** Says something against the tenant itself: not a bad minute, our own credential, or one request that went wrong. */
function isLasting(problem: RemoteFailure): boolean {
  return problem.permanent && !isAboutThePartner(problem) && !isAboutTheRequest(problem)
}

/** All that is wrong, what matters most first: our own credential, tokens, roles, live calls; lasting before passing. */
function problemsOf(
  observations: readonly SurfaceObservation[],
  missing: RoleKey[],
  consentSeen: boolean,
  before: Before,
  now: Date,
): RemoteFailure[] {
  const tokens = observations.flatMap(one => one.tokenFailure ?? [])
  const calls = observations.flatMap(one => one.callFailure ?? [])
  const lastingFirst = (a: RemoteFailure, b: RemoteFailure) => Number(b.permanent) - Number(a.permanent)
  const roleProblem =
    missing.length > 0 && (consentSeen || tokens.length === 0)
      ? [rolesMissing(missing, consentSeen, before, now)]
      : []
  const all = [...tokens.sort(lastingFirst), ...roleProblem, ...calls.sort(lastingFirst)]
  return [...all.filter(isAboutThePartner), ...all.filter(problem => !isAboutThePartner(problem))]
}

function settlesByItself(problem: RemoteFailure): boolean {
  // A missing license is named as such: no waiting brings it.
  return afterConsentRetryable(problem) && problem.code !== 'license_missing' && !isAboutThePartner(problem)
}

/** Missing roles as a failure of their own; nobody answered badly, the token just does not carry them. */
function rolesMissing(
  missing: RoleKey[],
  consentSeen: boolean,
  { wasVerified }: Before,
  at: Date,
): RemoteFailure {
  if (!consentSeen && wasVerified) return namedFailure('consent_revoked', { service: 'entra', at })
  const effects = missing.map(role => describeAbsence(role).disables)
  return namedFailure('role_missing', {
    service: 'entra',
    message: consentSeen
      ? `The tenant did not grant ${missing.join(', ')}. ${[...new Set(effects)].join(' ')}`
      : 'The app is present in the tenant, but no permission is granted to it.',
    remedy: 'Send the customer a new consent link: it asks for the whole list of permissions again.',
    at,
  })
}
