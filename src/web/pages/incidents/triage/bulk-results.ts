import { z } from 'zod'
import type { ChangeResult } from '../../../../incidents/change/change-many.ts'
import type { Queue } from '../../../../incidents/queue/queue.ts'
import type { IncidentChange } from '../../../../microsoft/defender/index.ts'
import type { Actor } from '../../../../tenants/actor.ts'
import { readInput } from '../../../read-input.ts'
import { incidentHref } from '../queue/queue.ts'

/** Fields whose former value can be written back; a comment stays. */
const before = z.object({
  status: z.enum(['active', 'inProgress', 'resolved']).optional(),
  assignedTo: z.string().max(400).nullable().optional(),
  classification: z
    .enum(['unknown', 'falsePositive', 'truePositive', 'informationalExpectedActivity'])
    .optional(),
  determination: z.string().max(100).optional(),
  tags: z.array(z.string().max(400)).max(200).optional(),
})

const undoEntry = z.object({ id: z.string().max(100), change: before })

const undoForm = z.object({
  undo: z.preprocess(
    value => (value === undefined ? [] : [value].flat()),
    z.array(z.string().max(20_000)).max(200),
  ),
})

/** What the button Undo sends: for each incident what it said before. */
export function readUndo(body: unknown): { id: string; change: IncidentChange }[] {
  return readInput(undoForm, body).undo.map(text => {
    const { id, change } = readInput(undoEntry, parsed(text))
    return { id, change: change as IncidentChange }
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Each incident with what became of it, those that failed first. */
export async function bulkResults(
  queue: Queue,
  actor: Actor,
  results: readonly ChangeResult[],
  { isUndo = false } = {},
) {
  const rows = await Promise.all(
    results.map(async result => {
      const incident = result.ok ? result.incident : await queue.get(actor, result.id).catch(() => null)
      return {
        href: incidentHref(result.id),
        title: incident?.title ?? result.id,
        tenantName: incident?.tenantName ?? '',
        error: result.ok ? null : result.error,
      }
    }),
  )
  const undo = results.flatMap(result => {
    const former = result.ok ? before.safeParse(result.before) : null
    if (!former?.success || Object.keys(former.data).length === 0) return []
    return [JSON.stringify({ id: result.id, change: former.data })]
  })
  return {
    rows: rows.toSorted((one, other) => Number(other.error !== null) - Number(one.error !== null)),
    changed: rows.filter(({ error }) => error === null).length,
    failed: rows.filter(({ error }) => error !== null).length,
    undo: isUndo ? [] : undo,
    isUndo,
  }
}
