const steps = [
  'claimed',
  'called',
  'answered',
  'packed',
  'before settling',
  'while settling',
  'settled',
  'finished',
] as const

/** Where in its work a process dies. */
export type KillStep = (typeof steps)[number]

/**
 * Dies after so many milliseconds of work, or at a step that was passed so
 * often before; or is taken for dead: it stalls, and goes on when its lease is
 * over.
 */
export type KillPlan = { afterMs: number } | { step: string; count: number } | { stallsAfterMs: number }

export function isStep(text: string): text is KillStep {
  return steps.some(step => step === text)
}

/**
 * At any time as often as at a chosen step, which is mostly one of the first times that it is reached.
 *
 * @param names of the steps that the process has
 * @param withinMs how long its work takes about
 */
export function killPlan(random: () => number, names: readonly string[] = steps, withinMs = 150): KillPlan {
  const kind = random()
  if (kind < 0.4) return { afterMs: random() * withinMs }
  if (kind < 0.6) return { stallsAfterMs: random() * withinMs }
  const step = names[Math.floor(random() * names.length)] ?? 'claimed'
  const most = step === 'finished' ? 1 : 8
  return { step, count: Math.floor(random() * random() * most) }
}
