import type { IncidentFilters, IncidentView } from '../incidents/model.ts'
import type { Services } from '../services.ts'
import { commandLineActor } from './context.ts'
import { incidentLine } from './incident-table.ts'
import { plain, say, write } from './output.ts'

/** Changes that come together are looked up together. */
const gatherMs = 200

/**
 * Prints incidents as they are stored, new or changed, until it is interrupted.
 *
 * @param isJson one JSON document per line
 */
export async function watchIncidents(
  { queue, incidentWatch }: Pick<Services, 'queue' | 'incidentWatch'>,
  filters: IncidentFilters,
  isJson: boolean,
): Promise<void> {
  const ids = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let failed = (_error: unknown): void => {}
  const broken = new Promise<never>((_, reject) => {
    failed = reject
  })

  async function print(): Promise<void> {
    const wanted = [...ids]
    ids.clear()
    for (let from = 0; from < wanted.length; from += 200) {
      const some = { ...filters, ids: wanted.slice(from, from + 200) }
      const { items } = await queue.list(commandLineActor, some, { limit: 200 })
      for (const incident of items.toReversed()) await write(`${lineOf(incident, isJson)}\n`)
    }
  }

  const unlisten = await incidentWatch.listen(commandLineActor, event => {
    if (event === null) return say('The connection was lost for a while: changes may be missing here.')
    ids.add(event.id)
    clearTimeout(timer)
    timer = setTimeout(() => print().catch(failed), gatherMs)
  })
  const interrupted = new Promise<void>(resolve => process.once('SIGINT', () => resolve()))
  say('Following incidents; Ctrl+C ends it.')
  try {
    await Promise.race([interrupted, broken])
  } finally {
    clearTimeout(timer)
    unlisten()
  }
}

function lineOf(incident: IncidentView, isJson: boolean): string {
  return isJson ? JSON.stringify(incident) : plain(incidentLine(incident))
}
