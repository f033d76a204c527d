import type { FastifyInstance } from 'fastify'
import plugin from 'fastify-plugin'
import type { Asset } from '../../assets/assets.ts'

/** Serves what pages link to. An address with a version never changes its content. */
export const assetRoutes = plugin(
  async (app: FastifyInstance, { assets }: { assets: Map<string, Asset> }) => {
    app.get<{ Params: { '*': string }; Querystring: { v?: string } }>(
      '/assets/*',
      { config: { act: 'public' }, logLevel: 'warn', schema: { hide: true } },
      async (request, reply) => {
        const asset = assets.get(request.params['*'])
        if (!asset) return reply.code(404).type('text/plain; charset=utf-8').send('There is no such file.')
        reply.header('etag', `"${asset.etag}"`)
        reply.header(
          'cache-control',
          request.query.v === asset.etag
            ? 'public, max-age=31536000, immutable'
            : 'public, max-age=0, must-revalidate',
        )
        if (request.headers['if-none-match'] === `"${asset.etag}"`) return reply.code(304).send()
        return reply.type(asset.type).send(asset.body)
      },
    )
  },
  { name: 'assets' },
)
