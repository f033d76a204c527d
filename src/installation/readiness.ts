/** One thing that must work before traffic makes sense. */
export type ReadinessCheck = { name: 'database' | 'migrations' | 'queue'; check: () => Promise<boolean> }

/** @returns names of what is not ready; empty when all is well */
export type Readiness = () => Promise<string[]>

/** A check that throws, or takes longer than two seconds, counts as not ready. */
export function createReadiness(checks: ReadinessCheck[]): Readiness {
  return async () => {
    const outcomes = await Promise.all(
      checks.map(async ({ name, check }) => ({
        name,
        ready: await Promise.race([
          check().catch(() => false),
          new Promise<boolean>(done => setTimeout(done, 2000, false).unref()),
        ]),
      })),
    )
    return outcomes.filter(({ ready }) => !ready).map(({ name }) => name)
  }
}
