import { fastifySSE } from '@fastify/sse'
import type { FastifyInstance } from 'fastify'
import plugin from 'fastify-plugin'
import type { Hunts } from '../../../hunting/hunts/hunts.ts'
import { isOver } from '../../../hunting/hunts/model.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { formats } from '../../formats.ts'
import { requireActor } from '../../plugins/actors.ts'
import { showProgress } from './progress-view.ts'
import { readAddress, writeAddress } from './result-address.ts'
import { viewRows } from './result-view.ts'

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
  if (!app.hasReplyDecorator('sse')) await app.register(plugin(fastifySSE, { name: 'sse' }))
  const watchers = new Set<AbortController>()
  app.addHook('preClose', async () => {
    for (const watcher of watchers) watcher.abort()
  })

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
      const data = { ...progress, table, address, finalHref, format: formats }
      yield { data: await app.render('/hunts/_live', data) }
    }
    yield { event: 'over', data: '' }
  }

  app.get<{ Params: { huntId: string } }>(
    '/hunts/:huntId/events',
    { sse: { kind: 'only', serializer: String }, logLevel: 'warn' },
    async (request, reply) => {
      const actor = requireActor(request)
      const { id } = await hunts.summary(actor, request.params.huntId)
      const watcher = new AbortController()
      watchers.add(watcher)
      const gone = new Promise<void>(resolve => watcher.signal.addEventListener('abort', () => resolve()))
      reply.sse.onClose(() => watcher.abort())
      try {
        for await (const fragment of fragments(actor, id, request.url, watcher.signal)) {
          if (!reply.sse.isConnected) return
          // A reader that is gone ends the wait for room to write, too.
          await Promise.race([reply.sse.send(fragment), gone])
          if (watcher.signal.aborted) return
        }
      } finally {
        watcher.abort()
        watchers.delete(watcher)
      }
    },
  )
}
