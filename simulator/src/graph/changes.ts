import { z } from 'zod'
import type { AlertStatus, IncidentStatus } from '../data/alert-model.ts'
import type { ItemFields } from '../data/changes.ts'
import {
  alertStatuses,
  classifications,
  incidentStatuses,
  memberOf,
  settableDeterminations,
} from '../data/members.ts'

/** A member of an enum in any case: Graph reads `TruePositive` as `truePositive`. */
function member<T extends string>(members: readonly T[]) {
  return z.string().transform((text, context) => {
    const found = memberOf(members, text)
    if (found !== undefined) return found
    context.addIssue({ code: 'custom', message: `'${text.slice(0, 100)}' is not a value that can be set` })
    return z.NEVER
  })
}

// Redirection is the service's own, and only Defender Experts await an action.
const settableIncidentStatuses = incidentStatuses.filter(
  status => status !== 'redirected' && status !== 'awaitingAction',
)

const settableSeverities = ['informational', 'low', 'medium', 'high'] as const

const odataType = { '@odata.type': z.string().optional() }

const incidentPatch = z.strictObject({
  ...odataType,
  status: member<IncidentStatus>(settableIncidentStatuses).optional(),
  assignedTo: z.string().max(200).nullable().optional(),
  classification: member(classifications).optional(),
  determination: member(settableDeterminations).optional(),
  customTags: z.array(z.string().max(200)).max(100).optional(),
  // Not on the documented list, but writable by the metadata.
  severity: member(settableSeverities).optional(),
})

const alertPatch = z.strictObject({
  ...odataType,
  status: member<AlertStatus>(alertStatuses).optional(),
  assignedTo: z.string().max(200).nullable().optional(),
  classification: member(classifications).optional(),
  determination: member(settableDeterminations).optional(),
})

const commentType = 'microsoft.graph.security.alertComment'

// The type of the comment is no ornament: the page asks for it.
const newComment = z.strictObject({
  '@odata.type': z.enum([commentType, `#${commentType}`]),
  comment: z.string().min(1).max(30_000),
})

type Read<T> = { ok: true; value: T } | { ok: false; problem: string }

/** Reads the body of an incident's PATCH; a comment cannot be sent along on Graph. */
export function readIncidentPatch(body: unknown): Read<ItemFields<IncidentStatus>> {
  return readPatch(incidentPatch, body)
}

/** Reads the body of an alert's PATCH. */
export function readAlertPatch(body: unknown): Read<ItemFields<AlertStatus>> {
  return readPatch(alertPatch, body)
}

/** Reads the body that adds a comment. */
export function readComment(body: unknown): Read<string> {
  const read = newComment.safeParse(body)
  return read.success ? { ok: true, value: read.data.comment } : problemOf(read.error)
}

function readPatch<Status>(
  schema: z.ZodType<ItemFields<Status> & { '@odata.type'?: string | undefined }>,
  body: unknown,
): Read<ItemFields<Status>> {
  const read = schema.safeParse(body)
  if (!read.success) return problemOf(read.error)
  const { '@odata.type': _, ...fields } = read.data
  if (Object.keys(fields).length === 0) return { ok: false, problem: 'The body names nothing to change.' }
  return { ok: true, value: fields as ItemFields<Status> }
}

function problemOf(error: z.ZodError): { ok: false; problem: string } {
  const issue = error.issues[0]
  const where = issue && issue.path.length > 0 ? `'${issue.path.join('.')}': ` : ''
  return { ok: false, problem: `Invalid request body. ${where}${issue?.message ?? 'not an object'}` }
}
