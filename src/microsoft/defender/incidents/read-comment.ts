import { z } from 'zod'
import type { Comment } from '../model.ts'
import { optionalTime, text } from '../wire/wire.ts'

/** Published as `createdByDisplayName` and `createdDateTime`, printed in examples (and by Defender XDR) as `createdBy` and `createdTime`. */
export const comment = z
  .object({
    comment: text,
    createdBy: text,
    createdByDisplayName: text,
    createdTime: optionalTime,
    createdDateTime: optionalTime,
  })
  .transform(
    (wire): Comment => ({
      comment: wire.comment ?? '',
      createdBy: wire.createdByDisplayName ?? wire.createdBy,
      createdAt: wire.createdDateTime ?? wire.createdTime,
    }),
  )
