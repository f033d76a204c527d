import { z } from 'zod'
import type { Classification, Determination, IncidentStatus } from '../data/alert-model.ts'
import { classifications, memberOf } from '../data/members.ts'
import { readIncidentDetermination } from './names.ts'

export type IncidentPatch = {
  fields: {
    status?: IncidentStatus
    assignedTo?: string | null
    classification?: Classification
    determination?: Determination
    customTags?: string[]
  }
  comment?: string
}

const settableStatuses: readonly IncidentStatus[] = ['active', 'inProgress', 'resolved']

/** Reads the names the API knows; what they are called is case-sensitive, their values are not. */
export function enumValue<T>(find: (text: string) => T | undefined) {
  return z.string().transform((text, context) => {
    const found = find(text)
    if (found !== undefined) return found
    context.addIssue({ code: 'custom', message: `'${text.slice(0, 100)}' is not a value that can be set` })
    return z.NEVER
  })
}

const body = z.strictObject({
  status: enumValue(text => memberOf(settableStatuses, text)).optional(),
  assignedTo: z.string().max(200).nullable().optional(),
  classification: enumValue(text => memberOf(classifications, text)).optional(),
  determination: enumValue(readIncidentDetermination).optional(),
  tags: z.array(z.string().max(200)).max(100).optional(),
  comment: z.string().min(1).max(30_000).optional(),
})

/** Reads the body of Defender XDR's incident PATCH; undefined when it is not one. */
export function readIncidentPatch(value: unknown): IncidentPatch | undefined {
  const read = body.safeParse(value)
  if (!read.success || Object.keys(read.data).length === 0) return undefined
  const { comment, tags, ...rest } = read.data
  return {
    fields: { ...rest, ...(tags ? { customTags: tags } : {}) } as IncidentPatch['fields'],
    ...(comment === undefined ? {} : { comment }),
  }
}
