import { fileURLToPath } from 'node:url'
import view from '@fastify/view'
import { Eta } from 'eta'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply } from 'fastify'
import plugin from 'fastify-plugin'
import { appRoleOf } from '../../../staff/roles.ts'
import type { SuspensionView } from '../../../suspension/suspension.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { type Act, may } from '../../../tenants/permissions.ts'
import type { AssetUrl } from '../../assets/assets.ts'
import { formats } from '../../formats.ts'
import { icon } from '../../icons.ts'
import { navigationFor } from '../../navigation.ts'

type Installation = {
  partnerName: string
  partnerContact: string | null
  /** Path of the asset, null without one. */
  partnerLogo: string | null
  hasPartnerColor: boolean
  demo: boolean
  /** Whether some act needs a second person. */
  hasApprovals: boolean
  version: string
}

/** Views: `reply.page` renders a whole page with what every layout needs, `reply.partial` one piece of it. */
export const pages = plugin(
  async (
    app: FastifyInstance,
    {
      installation,
      assetUrl,
      cacheTemplates,
      countNews,
      suspensionsOf,
    }: {
      installation: Installation
      assetUrl: AssetUrl
      cacheTemplates: boolean
      /** Notifications that the reader has not seen, at most 100. */
      countNews: (actor: Actor) => Promise<number>
      /** What the kill switch holds, of what the reader may see. */
      suspensionsOf: (actor: Actor) => Promise<SuspensionView[]>
    },
  ) => {
    const views = fileURLToPath(new URL('../../../../views', import.meta.url))
    const eta = new Eta({ views, cache: cacheTemplates, autoTrim: false })
    await app.register(view, {
      engine: { eta },
      root: views,
      viewExt: 'eta',
      propertyName: 'render',
      production: cacheTemplates,
    })

    app.decorateReply('page', async function (this: FastifyReply, template, head, data = {}) {
      const { request } = this
      const staff = request.session?.staff ?? null
      const actor = request.actor
      const can = (act: Act): boolean => actor !== null && may(actor, act)
      const flash = request.session?.flash ?? null
      // A page that says that something is not available asks nothing of it.
      const isCounted = actor?.role && this.statusCode !== 503
      const news = isCounted ? await countNews(actor).catch(noted(request.log)) : 0
      const suspensions = isCounted ? await suspensionsOf(actor).catch(none(request.log)) : []
      if (flash) request.session.set('flash', undefined)
      const page = {
        section: null,
        breadcrumbs: [],
        scripts: [],
        ...head,
        ...installation,
        user:
          staff && actor?.role
            ? { name: staff.name, username: staff.username, role: appRoleOf(actor.role) }
            : null,
        csrf: csrfOf(this),
        cspNonce: '',
        flash,
        suspensions,
        path: request.url,
        navigation: navigationFor(actor, installation.hasApprovals).map(entry =>
          entry.section === 'notifications' ? { ...entry, badge: countWords(news) } : entry,
        ),
      }
      return await this.render(template, {
        ...data,
        page,
        format: formats,
        icon,
        assetUrl,
        can,
      })
    })

    app.decorateReply('partial', async function (this: FastifyReply, template, data = {}) {
      const { actor } = this.request
      return await this.header('vary', 'hx-request, x-panel').render(template, {
        ...data,
        page: { csrf: csrfOf(this), ...installation },
        format: formats,
        icon,
        assetUrl,
        can: (act: Act) => actor !== null && may(actor, act),
      })
    })
  },
  { name: 'pages', dependencies: ['sessions', 'staff-actors'] },
)

function countWords(count: number): string | undefined {
  if (count === 0) return undefined
  return count < 100 ? String(count) : '99+'
}

/** The number beside a menu entry must not take a page away, least of all the one that says what is wrong. */
function noted(log: FastifyBaseLogger): (error: unknown) => number {
  return error => {
    log.warn({ err: error }, 'notifications could not be counted')
    return 0
  }
}

function none(log: FastifyBaseLogger): (error: unknown) => SuspensionView[] {
  return error => {
    log.warn({ err: error }, 'suspensions could not be read')
    return []
  }
}

/** The token of the page's forms. A request that was refused before its cookies were read gets none. */
function csrfOf(reply: FastifyReply): string {
  const cookies: unknown = reply.request.cookies
  return cookies ? reply.generateCsrf() : ''
}
