/** Where the engine says what nobody waits for. */
export type EngineLog = {
  error(facts: object, message: string): void
  warn(facts: object, message: string): void
}
