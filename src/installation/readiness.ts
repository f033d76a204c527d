import { within } from '../platform/limits/deadline.ts'

/** One thing that must work before traffic makes sense. */
export type ReadinessCheck = { name: 'database' | 'migrations' | 'queue'; check: () => Promise<boolean> }

/** @returns names of what is not ready; empty when all is well */
export type Readiness = (() => Promise<string[]>) & {
  /** Not ready from now on, so that load balancers send nobody any more. */
  stop(): void
}

const answerMs = 1_900
const keptMs = 1_000

/**
 * Looks at one thing after the other: without a database nothing is known of
 * what is in it. A check that throws, or takes about two seconds, counts as not
 * ready. What was found is kept for a second, and a check that hangs is not
 * begun again: asking often costs nothing.
 */
export function createReadiness(checks: ReadinessCheck[]): Readiness {
  let looking: Promise<string[]> | null = null
  let last: { missing: string[]; at: number } | null = null
  let isStopping = false

  async function look(): Promise<string[]> {
    for (const { name, check } of checks) {
      const isReady = await check().catch(() => false)
      if (!isReady) return [name]
    }
    return []
  }

  async function ask(): Promise<string[]> {
    if (isStopping) return ['stopping']
    if (last && Date.now() - last.at < keptMs) return last.missing
    looking ??= look()
      .then(missing => {
        last = { missing, at: Date.now() }
        return missing
      })
      .finally(() => {
        looking = null
      })
    return (await within(looking, answerMs)) ?? ['database']
  }

  return Object.assign(ask, {
    stop() {
      isStopping = true
    },
  })
}
