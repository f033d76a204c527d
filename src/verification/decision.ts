import type { Failure } from '../errors.ts'
import { asSeenInConnectedTenant, namedFailure } from '../microsoft/failures/named-failure.ts'
import { afterConsentRetryable } from '../microsoft/failures/retryable.ts'
import { compareRoles, roleChange } from '../microsoft/roles/role-comparison.ts'
import { describeAbsence, type RoleKey, splitRole } from '../microsoft/roles/roles.ts'
import { barsEveryToken, isAboutThePartner, isAboutTheRequest } from '../tenants/health/consent-problems.ts'
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
  /** The roles of before stand: while a consent spreads, a half-filled token is not a removal. */
  keepsRoles: boolean
  rolesGranted: RoleKey[]
  rolesMissing: RoleKey[]
  /** The most important problem, null when there is none. */
  failure: Failure | null
  /** At least one token carries roles: the tenant's consent is a fact. */
  consentSeen: boolean
  /** Something speaks against the tenant itself, not only a bad minute or a credential of ours. */
  isLasting: boolean
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
  const lasting = problems.filter(speaksAgainstTenant)
  const result = {
    rolesGranted: comparison.granted,
    rolesMissing: comparison.missing,
    keepsRoles: false,
    consentSeen,
    isLasting: lasting.length > 0,
  }
  const isUsable = observations.some(one => works(one, before))

  const first = problems[0] ?? null
  if (!first) return { ...result, status: 'connected', settled: true, failure: null }

  const worked = before.status === 'connected' || before.status === 'degraded'
  if (windowOpen && problems.some(settlesByItself)) {
    const failure = { ...(problems.find(settlesByItself) ?? first), permanent: false }
    const removed = roleChange(before.rolesGranted, comparison.granted)?.removed ?? []
    return {
      ...result,
      status: statusMeanwhile(observations, before, isUsable),
      settled: false,
      keepsRoles: worked && removed.length > 0,
      failure,
    }
  }

  const failure = before.wasVerified ? asSeenInConnectedTenant(first) : first
  // A bad minute, or a credential of our own, takes nothing away from what the tenant granted.
  if (lasting.length === 0 && worked) return { ...result, status: before.status, settled: true, failure }

  return { ...result, status: isUsable ? 'degraded' : 'disconnected', settled: true, failure }
}

/**
 * Where a tenant stands while later checks go on. One whose token works is
 * usable at once, and one that worked goes on working, unless only bad tokens
 * come.
 */
function statusMeanwhile(
  observations: readonly SurfaceObservation[],
  before: Before,
  isUsable: boolean,
): TenantStatus {
  const hasOnlyBadTokens = observations.every(one => one.tokenFailure && isBadToken(one.tokenFailure))
  if (hasOnlyBadTokens && before.wasVerified) return 'disconnected'
  if (before.status === 'connected' || before.status === 'degraded') return before.status
  return isUsable ? 'degraded' : 'verifying'
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
  if ([one.tokenFailure, one.callFailure].some(failure => failure && speaksAgainstTenant(failure)))
    return false
  return (one.roles ?? rolesBefore(one, before)).length > 0
}

/** Says something against the tenant itself: not a bad minute, our own credential, or one request that went wrong. */
function isLasting(problem: Failure): boolean {
  return problem.permanent && !isAboutThePartner(problem) && !isAboutTheRequest(problem)
}

/** A token that is not the one that was asked for opens nothing, though the next one may be right. */
function isBadToken(problem: Failure): boolean {
  return problem.code === 'bad_token'
}

function speaksAgainstTenant(problem: Failure): boolean {
  return isLasting(problem) || isBadToken(problem)
}

/** All that is wrong, what matters most first: our own credential, tokens, roles, live calls; lasting before passing. */
function problemsOf(
  observations: readonly SurfaceObservation[],
  missing: RoleKey[],
  consentSeen: boolean,
  before: Before,
  now: Date,
): Failure[] {
  const tokens = observations.flatMap(one => one.tokenFailure ?? [])
  // What Microsoft ends for everybody is no tenant's fault while another interface of it works: its own row says so.
  const isReplaced = observations.some(one => works(one, before))
  const calls = observations
    .flatMap(one => one.callFailure ?? [])
    .filter(failure => failure.code !== 'interface_retired' || !isReplaced)
  const lasts = (failure: Failure) => Number(failure.permanent || isBadToken(failure))
  const lastingFirst = (a: Failure, b: Failure) => lasts(b) - lasts(a)
  const roleProblem =
    missing.length > 0 && (consentSeen || tokens.length === 0)
      ? [rolesMissing(missing, consentSeen, before, now)]
      : []
  const all = [...tokens.sort(lastingFirst), ...roleProblem, ...calls.sort(lastingFirst)]
  return [...all.filter(isAboutThePartner), ...all.filter(problem => !isAboutThePartner(problem))]
}

function settlesByItself(problem: Failure): boolean {
  // A missing license is named as such: no waiting brings it.
  return afterConsentRetryable(problem) && problem.code !== 'license_missing' && !isAboutThePartner(problem)
}

/** Missing roles as a failure of their own; nobody answered badly, the token just does not carry them. */
function rolesMissing(missing: RoleKey[], consentSeen: boolean, { wasVerified }: Before, at: Date): Failure {
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
