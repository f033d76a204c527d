import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { AppError, ownFailure, readStoredFailure } from '../../errors.ts'
import type { Database } from '../../platform/database/index.ts'
import { isGuid } from '../../platform/guid.ts'
import { pageLimit } from '../../platform/paging.ts'
import { storableText } from '../../platform/storable.ts'
import type { Actor } from '../../tenants/actor.ts'
import { staffRoles } from '../../tenants/actor.ts'
import { readStoredContact } from '../../tenants/contact.ts'
import { storedLimits } from '../../tenants/limits.ts'
import { requireAct } from '../../tenants/permissions.ts'
import type { Connect } from '../connect.ts'
import { type ImportLine, mostLines, readImportLines } from '../import-lines.ts'
import { connectLine, type LineOutcome } from './connect-line.ts'
import {
  type ConnectLineRecord,
  countLines,
  createList,
  findLines,
  findList,
  findListsOf,
  findStrandedLists,
  finishList,
  type NewConnectLine,
  removeLists,
  writeLine,
} from './store.ts'

export type ConnectLineView = LineOutcome & { line: number; name: string | null; tenant: string | null }

export type ConnectListView = {
  id: string
  /** ISO 8601 UTC. */
  createdAt: string
  finishedAt: string | null
  total: number
  done: number
  /** Lines by outcome. */
  counts: Partial<Record<LineOutcome['outcome'], number>>
}

export type ConnectLists = {
  /**
   * Takes a pasted list or CSV file and has a job connect its tenants. Every
   * line gets an outcome; a bad one costs no other.
   *
   * @returns the list's id
   * @throws AppError `forbidden`; `invalid` for no line; `too_large` for more than 5000
   */
  create(actor: Actor, text: string): Promise<string>
  /** One's own list. @throws AppError `forbidden`, `not_found` */
  get(actor: Actor, id: string): Promise<ConnectListView>
  /**
   * Lines in their order.
   *
   * @param page `outcomes`: only those; `after`: behind this line; `limit` 1–200
   */
  lines(
    actor: Actor,
    id: string,
    page: { outcomes?: LineOutcome['outcome'][]; after?: number; limit: number },
  ): Promise<ConnectLineView[]>
  /** One's own lists of the last days, newest first. */
  recent(actor: Actor): Promise<{ id: string; createdAt: string; finishedAt: string | null }[]>
  /** What the job does: works through the lines for some minutes, then asks to be called again. */
  work(id: string, signal?: AbortSignal): Promise<void>
  /** Takes up lists whose process died. */
  resumeStranded(): Promise<void>
  /** Deletes lists older than a week. */
  purge(): Promise<void>
}

/** Tenants that are looked at together; each costs a few requests. */
const parallel = 6
/** Shorter than the time after which a job counts as dead. */
const shiftMs = 4 * 60_000
const strandedMs = 2 * 60_000
const keptMs = 7 * 24 * 3_600_000

const storedActor = z.object({
  kind: z.enum(['staff', 'api-key', 'customer', 'system']),
  id: z.string(),
  label: z.string(),
  role: z.enum(staffRoles).nullable(),
  roles: z.array(z.enum(staffRoles)).optional(),
  tenants: storedLimits,
})

export function createConnectLists({
  db,
  connect,
  enqueue,
  now = () => new Date(),
}: {
  db: Database
  connect: Pick<Connect, 'connectTenant'>
  /** Asks for `work(id)` by whichever process. */
  enqueue: (id: string) => Promise<void>
  now?: () => Date
}): ConnectLists {
  async function own(actor: Actor, id: string) {
    requireAct(actor, 'tenant.connect')
    const list = isGuid(id) ? await findList(db, id) : null
    if (list?.actorId !== actor.id) throw new AppError('not_found', 'there is no such list')
    return list
  }

  async function workOn(listId: string, actor: Actor, line: ConnectLineRecord): Promise<void> {
    const { name, tenant, tags } = line
    if (name === null || tenant === null) return
    const contact = readStoredContact(line.contact)
    const became = await connectLine(connect, actor, { name, tenant, tags, contact })
    // The line stays as it is, and is done when the suspension has ended.
    if (became.error?.code === 'suspended') return
    await writeLine(db, listId, line.line, became, now())
  }

  return {
    async create(actor, text) {
      requireAct(actor, 'tenant.connect')
      const lines = readImportLines(text)
      if (lines.length === 0) {
        throw new AppError('invalid', 'the list is empty', {
          remedy: 'Write one line for each tenant: the customer’s name, then the tenant’s id or domain.',
        })
      }
      if (lines.length > mostLines) {
        throw new AppError('too_large', `a list has at most ${mostLines} lines`, {
          remedy: 'Send it in parts.',
        })
      }
      const id = randomUUID()
      await createList(db, { id, actorId: actor.id, actor: { ...actor }, createdAt: now() }, lines.map(toRow))
      await enqueue(id)
      return id
    },

    async get(actor, id) {
      const list = await own(actor, id)
      const counts: ConnectListView['counts'] = await countLines(db, list.id)
      const total = Object.values(counts).reduce((sum, count) => sum + count, 0)
      return {
        id: list.id,
        createdAt: list.createdAt.toISOString(),
        finishedAt: list.finishedAt?.toISOString() ?? null,
        total,
        done: total - (counts.waiting ?? 0),
        counts,
      }
    },

    async lines(actor, id, { limit, ...where }) {
      const list = await own(actor, id)
      const lines = await findLines(db, list.id, where, pageLimit(limit))
      return lines.map(({ listId: _, tags: __, contact: ___, ...line }) => ({
        ...line,
        outcome: line.outcome as LineOutcome['outcome'],
        error: readStoredFailure(line.error),
      }))
    },

    async recent(actor) {
      requireAct(actor, 'tenant.connect')
      return (await findListsOf(db, actor.id, 10)).map(({ id, createdAt, finishedAt }) => ({
        id,
        createdAt: createdAt.toISOString(),
        finishedAt: finishedAt?.toISOString() ?? null,
      }))
    },

    async work(id, signal) {
      const list = await findList(db, id)
      if (!list || list.finishedAt) return
      const actor = storedActor.parse(list.actor)
      const until = now().getTime() + shiftMs

      const isOver = () => signal?.aborted === true || now().getTime() >= until
      const failures: unknown[] = []
      let after = 0

      for (;;) {
        const waiting = await findLines(db, id, { after, outcomes: ['waiting'] }, 60)
        const last = waiting.at(-1)
        if (!last) break
        after = last.line
        const queue = waiting[Symbol.iterator]()
        const worker = async () => {
          for (const line of queue) {
            if (isOver()) return
            // What nobody foresaw about one line is told at the end, and costs no other line.
            await workOn(id, actor, line).catch(error => failures.push(error))
          }
        }
        await Promise.all(Array.from({ length: parallel }, worker))
        if (isOver()) return await enqueue(id)
      }
      if (failures.length > 0)
        throw new AggregateError(failures, `${failures.length} lines could not be done`)
      // Lines that a suspension left waiting are taken up again by `resumeStranded`.
      const rest = await findLines(db, id, { outcomes: ['waiting'] }, 1)
      if (rest.length === 0) await finishList(db, id, now())
    },

    async resumeStranded() {
      for (const id of await findStrandedLists(db, new Date(now().getTime() - strandedMs))) await enqueue(id)
    },

    async purge() {
      await removeLists(db, new Date(now().getTime() - keptMs))
    },
  }
}

function toRow(line: ImportLine): NewConnectLine {
  if (line.kind === 'entry') {
    const { name, tenant, tags, contact } = line
    return {
      line: line.line,
      outcome: 'waiting',
      name: storableText(name, 300),
      tenant: storableText(tenant, 300),
      tags: tags.map(tag => storableText(tag, 100)),
      ...(contact && { contact }),
    }
  }
  const message = `${line.problem}: ${line.text}`
  const error = ownFailure({ code: 'bad_line', message, remedy: null })
  return { line: line.line, outcome: 'bad_line', error }
}
