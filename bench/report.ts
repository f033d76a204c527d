/** Where a benchmark puts what it measured. */
export type Report = {
  /** A number for the record. */
  figure(name: string, value: string): void
  /** A number with a target; a missed one makes the run fail. */
  target(name: string, value: string, isMet: boolean): void
}

/** What a file in this folder exports. */
export type Bench = { run: (report: Report) => Promise<void> }
