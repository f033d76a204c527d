import { z } from 'zod'
import type { IncidentView } from '../../../../incidents/model.ts'
import type { Classification, Determination, IncidentChange } from '../../../../microsoft/defender/index.ts'
import { fittingDeterminations } from '../../../../microsoft/defender/index.ts'
import { readInput } from '../../../read-input.ts'
import { classificationName, determinationName, statusName } from '../words.ts'

const statuses = ['active', 'inProgress', 'resolved'] as const

const text = (max: number) => z.string().trim().max(max).optional()

/** What the form of one incident and the bar of many send; a field that is absent or empty changes nothing. */
const schema = z.object({
  status: z.enum(statuses).or(z.literal('')).optional(),
  /** `none` or a user name. */
  assignedTo: text(320),
  /** A button of its own, which wins over the field. */
  assign: z.enum(['me', 'none']).optional(),
  /** `truePositive/malware` */
  classification: z
    .string()
    .regex(/^(\w+\/\w+)?$/)
    .optional(),
  /** Separated by commas; replaces the tags of one incident. */
  tags: text(2000),
  /** Added to the tags of each. */
  addTag: text(200),
  comment: text(5000),
})

export type TriageForm = z.infer<typeof schema>

/** @throws AppError `invalid` for what no form of ours sends */
export function readTriageForm(body: unknown): TriageForm {
  return readInput(schema, body)
}

/** What the form asks for, against what the incident says: only what differs is a change. */
export function toChange(form: TriageForm, userName: string, now?: IncidentView): IncidentChange {
  const change: IncidentChange = {}
  if (form.status && form.status !== now?.status) change.status = form.status
  const assignedTo = assigneeOf(form.assign ?? form.assignedTo, userName)
  if (assignedTo !== undefined && assignedTo !== now?.assignedTo) change.assignedTo = assignedTo
  const [classification, determination] = (form.classification ?? '').split('/')
  const isSame = classification === now?.classification && determination === now?.determination
  if (classification && determination && !isSame) {
    change.classification = classification as Classification
    change.determination = determination as Determination
  }
  if (form.tags !== undefined && now) {
    const tags = splitTags(form.tags)
    if (tags.join('\n') !== now.tags.join('\n')) change.tags = tags
  }
  if (form.comment) change.comment = form.comment
  return change
}

function assigneeOf(text: string | undefined, userName: string): string | null | undefined {
  if (text === undefined || text === '') return undefined
  if (text === 'none') return null
  return text === 'me' ? userName : text
}

export function splitTags(text: string): string[] {
  return [...new Set(text.split(',').map(tag => tag.trim()))].filter(tag => tag !== '')
}

/** Options of the fields, classification with the determinations that fit it only. */
export const triageOptions = {
  statuses: statuses.map(value => ({ value, label: statusName(value) })),
  classifications: Object.entries(fittingDeterminations)
    .filter(([classification]) => classification !== 'unknown')
    .map(([classification, determinations]) => ({
      label: classificationName(classification),
      options: determinations.map(determination => ({
        value: `${classification}/${determination}`,
        label: determinationName(determination),
      })),
    })),
}
