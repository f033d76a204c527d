export type KqlErrorKind = 'syntax' | 'semantic' | 'unsupported' | 'limit' | 'timeout'

/** A query that cannot be answered. The message is written as the hunting engine writes it, fit to be sent. */
export class KqlError extends Error {
  readonly kind: KqlErrorKind

  constructor(kind: KqlErrorKind, message: string) {
    super(message)
    this.name = 'KqlError'
    this.kind = kind
  }
}

/** The refusal of something that the language has and this engine does not; `what` names it. */
export function unsupported(what: string): KqlError {
  return new KqlError('unsupported', `${what} is not supported. Fix semantic errors in your query.`)
}

/** The refusal of a query that means nothing against its tables; `what` is a sentence without its end. */
export function semantic(what: string): KqlError {
  return new KqlError('semantic', `${what}. Fix semantic errors in your query.`)
}
