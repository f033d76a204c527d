import { createAnchoring } from '../audit/anchors/anchoring.ts'
import { createAnchorSink } from '../audit/anchors/sinks.ts'
import { archiveOld } from '../audit/archives/archive.ts'
import { createForwarding } from '../audit/forwarding.ts'
import { placesIn } from '../audit/places.ts'
import { protectionRemedy, readProtection } from '../audit/protection.ts'
import type { Post } from '../audit/targets/post.ts'
import { type AnnounceBroken, createAuditChecks } from '../audit/verification/checks.ts'
import type { Base } from './base.ts'

/** What is done with the audit beside writing to it: heads outside, forwarding, archives, verification. */
export function createAuditing(
  { db, key, audit, log, now, config }: Base,
  { post, announce }: { post: Post; announce: AnnounceBroken },
) {
  const places = placesIn(config.dataDir)
  const { anchors, forward, retentionDays: keepDays } = config.audit
  const sinks = anchors.map(target => createAnchorSink(target, { path: places.anchorFile, post }))
  const anchoring = createAnchoring({ db, key, sinks, log, now })
  const forwarding = createForwarding({ db, target: forward, post, log, now })
  const checks = createAuditChecks({ db, audit, announce, log, now })

  return {
    checks,
    protection: () => readProtection(db),

    /** What the clock asks for: archives, and the daily verification. */
    async archiveAndVerify(): Promise<void> {
      if (keepDays !== null) {
        await archiveOld({ db, audit, key, folder: places.archiveFolder, keepDays, now })
      }
      await checks.runDaily()
    },

    async start({ work }: { work: boolean }): Promise<void> {
      await anchoring.start()
      if (!work) return
      await forwarding.start()
      const { gaps } = await readProtection(db)
      if (gaps.length > 0)
        log.warn({ gaps, remedy: protectionRemedy }, 'the audit is less protected than it can be')
    },

    async stop(): Promise<void> {
      await Promise.all([forwarding.stop(), checks.stop()])
      await anchoring.stop()
    },
  }
}
