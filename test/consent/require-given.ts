/** Stops a test whose arrangement did not come about, before it proves the wrong thing. */
export function requireGiven(isGiven: boolean): void {
  if (!isGiven) throw new Error('the arrangement of this test did not come about')
}
