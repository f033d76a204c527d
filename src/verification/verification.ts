import type { Audit } from '../audit/audit.ts'
import { failureDetail } from '../audit/failure-detail.ts'
import type { EnqueueVerification } from '../consent/deps.ts'
import { AppError, type Failure, RemoteError, readStoredFailure } from '../errors.ts'
import { isBlockedByMicrosoft } from '../microsoft/failures/retryable.ts'
import { roleChange } from '../microsoft/roles/role-comparison.ts'
import type { RoleKey } from '../microsoft/roles/roles.ts'
import type { Database } from '../platform/database/index.ts'
import { type Actor, systemActor } from '../tenants/actor.ts'
import { isAboutThePartner } from '../tenants/health/consent-problems.ts'
import { requireAct } from '../tenants/permissions.ts'
import { findTenant, type TenantRecord, type TenantStatus } from '../tenants/store.ts'
import { applyDecision, type Continuation } from './apply-decision.ts'
import { claimDueChecks, findStrandedVerifications, postponeCheck } from './check-store.ts'
import { type Decision, decide } from './decision.ts'
import { type AnnounceTenant, tellLosses } from './losses.ts'
import type { Observe, SurfaceObservation } from './observation.ts'
import { nextCheckDate, retryDelaySeconds, windowMs } from './retry-delays.ts'

export type Verification = {
  /** One try of a run; what the job calls. Does nothing for a run that has ended or been overtaken. */
  verifyTenant(tenantId: string, run: number): Promise<void>
  /** One look now, on demand. @throws AppError `forbidden` (readers), `not_found` */
  verifyNow(actor: Actor, tenantId: string): Promise<TenantRecord>
  /** The daily check, and the one after a failure that tells of a change. A tenant that is gone is let be. */
  checkTenant(tenantId: string): Promise<void>
  /** Checks tenants whose time has come, a few at once. @returns how many were looked at */
  checkDue(limit?: number, signal?: AbortSignal): Promise<number>
  /** Takes up runs whose process died. Call at the start and every minute. */
  resumeStranded(): Promise<void>
}

/** How many tenants one process looks at together. */
const parallelChecks = 8

export function createVerification({
  db,
  audit,
  observe,
  requiredRoles,
  enqueueVerification,
  dropTokens,
  announce,
  onChecked = () => {},
  now = () => new Date(),
  random = Math.random,
}: {
  db: Database
  audit: Audit
  observe: Observe
  requiredRoles: readonly RoleKey[]
  enqueueVerification: EnqueueVerification
  dropTokens: (tenantId: string) => void
  /** Tells people what a tenant lost, and that it is well again. */
  announce: AnnounceTenant
  /** Told after rows were rewritten, so that what health remembers is forgotten. */
  onChecked?: (tenantId: string) => void
  now?: () => Date
  random?: () => number
}): Verification {
  /** Looks, decides and writes; the one way to a tenant's state. */
  async function look(tenant: TenantRecord, actor: Actor, countsAsTry: boolean): Promise<number | null> {
    const observations = await observe(tenant.id, requiredRoles, tenant.rolesGranted)
    const at = now()
    const underWay = tenant.verificationNextAt !== null && tenant.verificationStartedAt !== null
    const elapsedMs = at.getTime() - (tenant.verificationStartedAt?.getTime() ?? 0)
    const decision = decide(
      requiredRoles,
      observations,
      beforeOf(tenant),
      underWay && elapsedMs < windowMs,
      at,
    )

    const attempts = tenant.verificationAttempts + (countsAsTry ? 1 : 0)
    const pause = decision.settled
      ? null
      : retryDelaySeconds(attempts || 1, longestWait(observations), random)
    const isBlocked = decision.failure !== null && isBlockedByMicrosoft(decision.failure)
    const continuation: Continuation = {
      verificationAttempts: attempts,
      ...(pause === null
        ? {
            verificationNextAt: null,
            nextCheckAt: nextCheckDate(
              { settled: kindOf(decision), consentedAt: isBlocked ? null : tenant.consentedAt },
              at,
              random,
            ),
          }
        : countsAsTry
          ? { verificationNextAt: new Date(at.getTime() + pause * 1000) }
          : {}),
    }
    const { written, send } = await db.$transaction(async tx => {
      const written = await applyDecision(tx, audit, actor, tenant, observations, decision, continuation, at)
      return { written, send: written ? await tellLosses(tx, announce, tenant, decision, at) : null }
    })
    // Other processes hold tokens from before.
    const hasOtherRoles =
      !decision.keepsRoles && roleChange(tenant.rolesGranted, decision.rolesGranted) !== null
    const isCutOff = decision.status === 'disconnected'
    // A refusal that is remembered elsewhere goes too when the tenant is back.
    if (written && (isCutOff || tenant.status === 'disconnected' || hasOtherRoles)) dropTokens(tenant.id)
    onChecked(tenant.id)
    await send?.()
    return written && countsAsTry ? pause : null
  }

  async function checkTenant(tenantId: string): Promise<void> {
    const tenant = await findTenant(db, tenantId)
    if (!tenant) return
    await look(tenant, systemActor, false).catch(error => {
      if (!isSuspended(error)) throw error
      return postponeCheck(db, tenantId, now())
    })
  }

  return {
    async verifyTenant(tenantId, run) {
      const tenant = await findTenant(db, tenantId)
      if (!tenant || tenant.verificationRun !== run || tenant.verificationNextAt === null) return
      // A run of a suspended tenant is taken up again when the suspension ends.
      const pause = await look(tenant, systemActor, true).catch(error => {
        if (!isSuspended(error)) throw error
        return null
      })
      if (pause !== null) await enqueueVerification(tenantId, run, pause)
    },

    async verifyNow(actor, tenantId) {
      requireAct(actor, 'tenant.verify')
      const tenant = await findTenant(db, tenantId.toLowerCase(), actor)
      if (!tenant) throw new AppError('not_found', 'there is no such tenant')
      await look(tenant, actor, false)
      const after = await findTenant(db, tenant.id, actor)
      if (!after) throw new AppError('not_found', 'the tenant was offboarded meanwhile')
      const failure = readStoredFailure(after.lastError)
      await audit.record({
        actor,
        action: 'tenant.verified_on_demand',
        tenantId: tenant.id,
        tenantName: tenant.name,
        detail: { status: after.status, ...(failure ? failureDetail(failure) : {}) },
      })
      return after
    },

    checkTenant,

    async checkDue(limit = 200, signal) {
      const ids = await claimDueChecks(db, now(), limit)
      const queue = ids[Symbol.iterator]()
      const failures: unknown[] = []
      const worker = async () => {
        for (const id of queue) {
          if (signal?.aborted) return
          // One tenant's trouble never ends the sweep.
          await checkTenant(id).catch(error => failures.push(error))
        }
      }
      await Promise.all(Array.from({ length: parallelChecks }, worker))
      if (failures.length > 0)
        throw new AggregateError(failures, `${failures.length} tenants could not be checked`)
      return ids.length
    },

    async resumeStranded() {
      const overdue = new Date(now().getTime() - 60_000)
      for (const { id, verificationRun } of await findStrandedVerifications(db, overdue, 1000)) {
        await enqueueVerification(id, verificationRun, 0)
      }
    },
  }
}

function isSuspended(error: unknown): boolean {
  return error instanceof RemoteError && error.failure.code === 'suspended'
}

function beforeOf(tenant: TenantRecord) {
  return {
    status: tenant.status as TenantStatus,
    rolesGranted: tenant.rolesGranted,
    wasVerified: tenant.verifiedAt !== null,
  }
}

/** The longest time that a service asked for. */
function longestWait(observations: readonly SurfaceObservation[]): number | null {
  const failures: Failure[] = observations.flatMap(one =>
    [one.tokenFailure, one.callFailure].filter(f => f !== null),
  )
  const waits = failures.flatMap(failure => failure.retryAfterSeconds ?? [])
  return waits.length > 0 ? Math.max(...waits) : null
}

function kindOf({ failure }: Decision): 'well' | 'passing' | 'lasting' {
  if (!failure) return 'well'
  return !failure.permanent || isAboutThePartner(failure) ? 'passing' : 'lasting'
}
