/** Something that happened and that others may want to know: what a webhook is told. */
export type NotificationEvent = FindingsEvent | RunFailedEvent | TestEvent

type Common = {
  /** ISO 8601, UTC */
  at: string
  /** One sentence that says all, for formats that show a text. */
  summary: string
  /** The page about it. */
  url: string
}

/** A schedule found what it had not seen before. */
export type FindingsEvent = Common & {
  type: 'schedule.findings'
  schedule: { id: string; name: string }
  query: { id: string; name: string; version: number }
  run: { id: string; dueAt: string | null; huntId: string | null }
  newRows: number
  /** Tenants with new rows, most first; muted ones and first answers are left out. */
  tenants: { tenantId: string; name: string; newRows: number }[]
  /** How much of the truth this is. */
  coverage: { asked: number; answered: number; failed: number; truncated: number }
}

/** A schedule could not run, or nobody answered it. */
export type RunFailedEvent = Common & {
  type: 'schedule.failed'
  schedule: { id: string; name: string }
  run: { id: string; dueAt: string | null; huntId: string | null }
  problem: { code: string; message: string; remedy: string | null }
}

/** Somebody tries a webhook. */
export type TestEvent = Common & { type: 'test' }
