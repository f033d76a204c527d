import type { Audit } from '../../audit/audit.ts'
import { AppError } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import { isGuid } from '../../platform/guid.ts'
import { storableText } from '../../platform/storable.ts'
import { type Actor, isLimited } from '../../tenants/actor.ts'
import { requireAct } from '../../tenants/permissions.ts'
import type { IndicatorKind } from './kinds.ts'
import { normalizePattern } from './patterns.ts'

export type IgnoredView = {
  id: string
  kind: string
  pattern: string
  note: string | null
  addedBy: string
  addedAt: Date
}

/** Far more than people write; all of them are read with each list of sightings. */
const most = 5000

/** The list of common values that are no sightings. It holds for every tenant and everybody. */
export type IgnoredIndicators = ReturnType<typeof createIgnoredIndicators>

export function createIgnoredIndicators({ db, audit }: { db: Database; audit: Audit }) {
  return {
    /** By kind and pattern. @throws AppError `forbidden` */
    async list(actor: Actor): Promise<IgnoredView[]> {
      requireWhole(actor)
      return await db.ignoredIndicator.findMany({ orderBy: [{ kind: 'asc' }, { pattern: 'asc' }] })
    },

    /**
     * Adding the same again changes nothing.
     *
     * @param draft `pattern` as `normalizePattern` takes it; `note` says why, at most 200 characters
     * @throws AppError `forbidden`, `invalid` when the pattern is none of its kind, `conflict` when the list is full
     */
    async add(
      actor: Actor,
      { kind, pattern, note }: { kind: IndicatorKind; pattern: string; note?: string | undefined },
    ): Promise<IgnoredView> {
      requireWhole(actor)
      const normal = normalizePattern(kind, pattern)
      if (normal === null) throw invalidPattern(kind)
      if ((await db.ignoredIndicator.count()) >= most) {
        throw new AppError('conflict', `the list of common values is full: it has ${most}`, {
          remedy: 'Remove values that are not needed, or write ranges and domains instead of single values.',
        })
      }
      const key = { kind, pattern: storableText(normal, 600) }
      const known = await db.ignoredIndicator.findUnique({ where: { kind_pattern: key } })
      if (known) return known
      return await db.$transaction(async tx => {
        const added = await tx.ignoredIndicator.create({
          data: {
            ...key,
            note: note ? storableText(note, 200) : null,
            addedBy: storableText(actor.label, 400),
          },
        })
        const detail = { kind, pattern: normal, ...(note ? { note } : {}) }
        await audit.record({ actor, action: 'sighting.ignored', target: added.id, detail }, tx)
        return added
      })
    },

    /** @throws AppError `forbidden`, `not_found` */
    async remove(actor: Actor, id: string): Promise<void> {
      requireWhole(actor)
      await db.$transaction(async tx => {
        const known = isGuid(id) ? await tx.ignoredIndicator.findUnique({ where: { id } }) : null
        const { count } = known ? await tx.ignoredIndicator.deleteMany({ where: { id } }) : { count: 0 }
        if (!known || count === 0) throw notFound()
        const { kind, pattern } = known
        await audit.record({ actor, action: 'sighting.watched', target: id, detail: { kind, pattern } }, tx)
      })
    },
  }
}

/** @throws AppError `forbidden` also for somebody who sees a part of the tenants only */
function requireWhole(actor: Actor): void {
  requireAct(actor, 'sighting.ignore')
  if (!isLimited(actor)) return
  throw new AppError(
    'forbidden',
    'the list of common values holds for every tenant, and you see a part of them',
    {
      remedy: 'Ask somebody who sees every tenant to add the value.',
    },
  )
}

const expected: Record<IndicatorKind, string> = {
  ip: 'an address, or a range such as 192.0.2.0/24',
  domain: 'a domain such as example.com; it holds for everything below it',
  sender: 'a mail address, or @example.com for all of a domain',
  hash: 'an MD5, SHA-1 or SHA-256 in hexadecimal',
  process: 'a command line with at least four letters; * stands for any text',
}

function invalidPattern(kind: IndicatorKind): AppError {
  return new AppError('invalid', 'the value cannot be ignored as it is written', {
    remedy: `Write ${expected[kind]}.`,
    details: { fields: { pattern: `Write ${expected[kind]}.` } },
  })
}

function notFound(): AppError {
  return new AppError('not_found', 'there is no such value on the list', {
    remedy: 'Load the list again: somebody else may have removed it.',
  })
}
