import { AppError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import type { Database } from '../../platform/database/index.ts'
import { type Actor, isLimited, systemActor } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import type { Audit, VerifyChainOptions } from '../audit.ts'
import { readCheckState, readHead, writeCheckState } from '../store.ts'
import type { ChainCheck } from './broken.ts'
import { restoreAcknowledged, restoreReasons } from './restores.ts'

/** The verification that was begun last, by whichever process. */
export type CheckState = {
  startedAt: string
  startedBy: string
  /** Events that held so far. */
  events: number
  /** Events that there were at its start. */
  total: number
  /** Null while it runs. */
  finishedAt: string | null
  check: ChainCheck | null
}

/** Tells people that the chain does not hold. */
export type AnnounceBroken = (news: { check: ChainCheck; at: Date }) => Promise<void>

/** A verification that said nothing for so long has died with its process. */
const silentMs = 5 * 60_000
const progressEveryMs = 500
const dailyMs = 23 * 3600_000

/** Verifications of the audit: asked for by somebody, and once a day. */
export function createAuditChecks({
  db,
  audit,
  announce,
  log,
  now = () => new Date(),
}: {
  db: Database
  audit: Audit
  announce: AnnounceBroken
  log: Log
  now?: () => Date
}) {
  /** Verifications of this process, so that it can wait for them when it stops. */
  const running = new Set<Promise<unknown>>()

  async function run(
    actor: Actor,
    options: Pick<VerifyChainOptions, 'anchorFile'> = {},
  ): Promise<ChainCheck> {
    const before = await readCheckState(db)
    const state: CheckState = {
      startedAt: now().toISOString(),
      startedBy: actor.label,
      events: 0,
      total: Number((await readHead(db))?.id ?? 0),
      finishedAt: null,
      check: null,
    }
    let writtenAt = 0
    const onProgress = async (events: number): Promise<void> => {
      if (Date.now() - writtenAt < progressEveryMs) return
      writtenAt = Date.now()
      await writeCheckState(db, { ...state, events })
    }
    await writeCheckState(db, state)
    const check = await audit.verifyChain({ ...options, onProgress })
    await writeCheckState(db, { ...state, events: check.events, finishedAt: now().toISOString(), check })
    const { intact, events, firstBroken } = check
    await audit.record({
      actor,
      action: 'audit.verified',
      result: intact ? 'ok' : 'failed',
      detail: { intact, events, firstBroken },
    })
    // Once for each break that somebody finds, and every day while it lasts.
    const isKnown = before?.check?.firstBroken?.id === firstBroken?.id && actor !== systemActor
    if (!intact && !isKnown) await announce({ check, at: now() })
    return check
  }

  /**
   * Records that an older state was put back on purpose. What heads outside
   * the database know of the events that are gone is then not held against the
   * chain; heads that are written later are, and so is everything else.
   *
   * @param reason why, for whoever reads the audit
   * @returns the verification that follows
   * @throws AppError `forbidden` for who does not see every tenant, `conflict` when a restore does not explain what was found
   */
  async function acknowledgeRestore(actor: Actor, reason: string): Promise<ChainCheck> {
    requireAct(actor, 'audit.acknowledge')
    if (isLimited(actor)) {
      throw new AppError('forbidden', 'a restore is acknowledged by who sees every tenant', {
        remedy: 'Ask an administrator whose access is not limited to tenants.',
      })
    }
    const { intact, firstBroken, lost } = await audit.verifyChain()
    if (intact || !firstBroken) {
      throw new AppError('conflict', 'the audit holds: there is no restore to acknowledge')
    }
    const finding = { id: firstBroken.id, reason: firstBroken.reason }
    const remedy = 'Find out who reached the database, and compare with a backup.'
    if (!lost || !restoreReasons.includes(finding.reason)) {
      throw new AppError(
        'conflict',
        `the audit does not hold (${finding.reason}), and a restore does not explain it`,
        {
          remedy,
        },
      )
    }
    const supposed = await audit.verifyChain({ restore: { from: BigInt(lost.from), at: now() } })
    if (supposed.firstBroken) {
      const { id, reason: other } = supposed.firstBroken
      throw new AppError('conflict', `a restore does not explain all that was found: event ${id}, ${other}`, {
        remedy,
      })
    }
    await audit.record({ actor, action: restoreAcknowledged, detail: { reason, finding, ...lost } })
    return await run(actor)
  }

  return {
    /** Verifies and waits for the result. */
    run,

    acknowledgeRestore,

    /** Begins to verify; `last` tells how far it is. Does nothing while one runs. */
    async begin(actor: Actor): Promise<void> {
      const state = await readCheckState(db)
      const isRunning = state?.finishedAt === null && now().getTime() - Date.parse(state.startedAt) < silentMs
      if (isRunning) return
      const begun: Promise<unknown> = run(actor)
        .catch(error => log.error({ err: error }, 'the audit was not verified'))
        .finally(() => running.delete(begun))
      running.add(begun)
    },

    last: (): Promise<CheckState | null> => readCheckState(db),

    /** The daily check: does nothing when one ended within the day. */
    async runDaily(): Promise<void> {
      const state = await readCheckState(db)
      const last = Date.parse(state?.finishedAt ?? '')
      if (now().getTime() - last < dailyMs) return
      const check = await run(systemActor)
      if (!check.intact) log.error({ ...check.firstBroken }, 'the audit does not hold')
    },

    async stop(): Promise<void> {
      await Promise.all(running)
    },
  }
}

export type AuditChecks = ReturnType<typeof createAuditChecks>
