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
export type KillPlan = { afterMs: number } | { step: KillStep; count: number } | { stallsAfterMs: number }

export function isStep(text: string): text is KillStep {
  return steps.some(step => step === text)
}

/** At any time as often as at a chosen step, which is mostly one of the first times that it is reached. */
export function killPlan(random: () => number): KillPlan {
  const kind = random()
  if (kind < 0.4) return { afterMs: random() * 150 }
  if (kind < 0.6) return { stallsAfterMs: random() * 150 }
  const step = steps[Math.floor(random() * steps.length)] ?? 'claimed'
  const most = step === 'finished' ? 1 : 8
  return { step, count: Math.floor(random() * random() * most) }
}
