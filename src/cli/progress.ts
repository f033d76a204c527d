import type { Hunts } from '../hunting/hunts/hunts.ts'
import { type AwaitedTenant, type HuntStatus, type HuntSummary, isOver } from '../hunting/hunts/model.ts'
import type { Actor } from '../tenants/actor.ts'
import { plain, say } from './output.ts'

const width = 30

/**
 * Follows a hunt to its end with a bar on standard error; without a terminal
 * there, nothing is drawn.
 *
 * @returns how it ended
 */
export async function followHunt(hunts: Hunts, actor: Actor, id: string): Promise<HuntStatus> {
  let status: HuntStatus = 'queued'
  for await (const { hunt } of hunts.watch(actor, id, new AbortController().signal)) {
    status = hunt.status
    // To the line's beginning, and whatever is left of a longer line is erased.
    if (!process.stderr.isTTY) continue
    const awaited = isOver(status) ? [] : await hunts.awaited(actor, id, mostNamed + 1)
    process.stderr.write(`\r${progressLine(hunt, awaited)}\u001b[K`)
  }
  if (process.stderr.isTTY) process.stderr.write('\n')
  return status
}

/** Awaited tenants are named once they are this few. */
const mostNamed = 3

/** Where a hunt stands, on one line. */
export function progressLine(
  { counts, rowCount }: Pick<HuntSummary, 'counts' | 'rowCount'>,
  awaited: readonly Pick<AwaitedTenant, 'name'>[] = [],
): string {
  const { total, succeeded, failed, canceled, waiting } = counts
  const done = succeeded + failed + canceled
  const filled = total === 0 ? width : Math.floor((done / total) * width)
  const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`
  const words = [
    `${done}/${total} tenants`,
    `${rowCount.toLocaleString('en')} ${rowCount === 1 ? 'row' : 'rows'}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(waiting > 0 ? [`${waiting} waiting`] : []),
    ...(awaited.length > 0 && awaited.length <= mostNamed
      ? [`missing: ${awaited.map(({ name }) => plain(name)).join(', ')}`]
      : []),
  ]
  return `${bar} ${words.join(', ')}`
}

/**
 * While `work` runs, Ctrl+C cancels the hunt, as asking customers on behalf of
 * nobody costs their quota; a second Ctrl+C leaves at once.
 */
export async function cancelOnInterrupt<T>(
  hunts: Pick<Hunts, 'cancel'>,
  actor: Actor,
  id: string,
  work: () => Promise<T>,
): Promise<T> {
  let isCanceling = false
  const interrupted = (): void => {
    if (isCanceling) process.exit(1)
    isCanceling = true
    say('\nThe hunt is being canceled; what came is kept. Ctrl+C again leaves at once.')
    hunts.cancel(actor, id).catch((error: unknown) => {
      say(`It was not canceled: ${error instanceof Error ? error.message : String(error)}`)
    })
  }
  process.on('SIGINT', interrupted)
  try {
    return await work()
  } finally {
    process.off('SIGINT', interrupted)
  }
}
