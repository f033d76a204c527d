import type { CustomerProfile, HuntingLimits, OverlayKind, Surface } from '../../world.ts'
import type { Span } from './timespan.ts'
import type { AnswerStyle } from './write-answer.ts'

/** What is asked of one tenant. */
export type HuntRequest = {
  surface: Surface
  query: string
  span: Span
  limits: HuntingLimits
  style: AnswerStyle
  /** members that come before the schema: this text, or what the query cost */
  head: { text: string } | 'cost'
}

/** A request with all that the answer depends on, for a thread that shares no memory with this one. */
export type HuntTask = {
  id: number
  request: HuntRequest
  profile: CustomerProfile
  epoch: Date
  now: Date
  changes: Record<OverlayKind, [id: string, value: unknown][]>
}

export type HuntingOutcome =
  | { kind: 'answer'; json: string }
  /** the query cannot be answered; the message is the engine's */
  | { kind: 'refused'; message: string }
  | { kind: 'timeout' }

export type FromThread =
  | { id: number; kind: 'started' }
  /** names and types are found; what is left is to read rows */
  | { id: number; kind: 'bound' }
  | { id: number; kind: 'done'; outcome: HuntingOutcome }
  | { id: number; kind: 'failed'; message: string }
