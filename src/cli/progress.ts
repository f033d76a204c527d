import type { Hunts } from '../hunting/hunts/hunts.ts'
import type { HuntStatus } from '../hunting/hunts/model.ts'
import type { Actor } from '../tenants/actor.ts'

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
    if (!process.stderr.isTTY) continue
    const { total, succeeded, failed, canceled } = hunt.counts
    const done = succeeded + failed + canceled
    const filled = total === 0 ? width : Math.round((done / total) * width)
    const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`
    process.stderr.write(`\r${bar} ${done}/${total} tenants, ${hunt.rowCount} rows, ${failed} failed `)
  }
  if (process.stderr.isTTY) process.stderr.write('\n')
  return status
}
