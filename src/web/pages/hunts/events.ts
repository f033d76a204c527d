import type { FastifyInstance } from 'fastify'
import type { Hunts } from '../../../hunting/hunts/hunts.ts'
import { isOver } from '../../../hunting/hunts/model.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { formats } from '../../formats.ts'
import { icon } from '../../icons.ts'
import { requireActor } from '../../plugins/access/actors.ts'
import { htmlEventStream } from '../../plugins/answers/event-streams.ts'
import { showProgress } from './progress-view.ts'
import { readAddress, writeAddress } from './results/result-address.ts'
import { viewRows } from './results/result-view.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** A template as text; @fastify/view under the name we gave it. */
    render(template: string, data: Record<string, unknown>): Promise<string>
  }
}

/** Rows come with every event that has new ones, but no faster than they can be read. */
const rowsGapMs = 1_000

/** The moving parts of a hunt's page, as server-sent HTML: progress, and the first rows as they come. */
export async function huntEventRoutes(app: FastifyInstance, { hunts }: { hunts: Hunts }): Promise<void> {
  async function* fragments(actor: Actor, huntId: string, url: string, signal: AbortSignal) {
    const address = readAddress(url)
    let rowsAt = 0
    let rowsShown = -1
    for await (const { hunt } of hunts.watch(actor, huntId, signal)) {
      const over = isOver(hunt.status)
      const isLate = Date.now() - rowsAt >= rowsGapMs
      const withRows = address.view === 'rows' && !over && isLate && hunt.rowCount !== rowsShown
      const table = withRows ? await viewRows(hunts, actor, hunt, address) : null
      if (table) {
        rowsAt = Date.now()
        rowsShown = hunt.rowCount
      }
      const progress = await showProgress(hunts, actor, hunt)
      const finalHref = over ? writeAddress(huntId, address) : null
      const data = { ...progress, table, address, finalHref, format: formats, icon }
      yield { data: await app.render('/hunts/_live', data) }
    }
    yield { event: 'over', data: '' }
  }

  app.get<{ Params: { huntId: string } }>(
    '/hunts/:huntId/events',
    { config: { act: 'hunt.read' }, ...htmlEventStream, logLevel: 'warn' },
    async (request, reply) => {
      const actor = requireActor(request)
      const { id } = await hunts.summary(actor, request.params.huntId)
      await reply.sendEvents(signal => fragments(actor, id, request.url, signal))
    },
  )
}
