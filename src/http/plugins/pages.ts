import { fileURLToPath } from 'node:url'
import view from '@fastify/view'
import { Eta } from 'eta'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply } from 'fastify'
import plugin from 'fastify-plugin'
import { appRoleOf } from '../../staff/roles.ts'
import { type Actor, may } from '../../tenants/actor.ts'
import type { AssetUrl } from '../assets.ts'
import { formats } from '../formats.ts'
import type { Section } from '../types.ts'

type Installation = { partnerName: string; demo: boolean; version: string }

const navigation: { href: string; label: string; icon: string; section: Section; adminOnly?: boolean }[] = [
  { href: '/', label: 'Dashboard', icon: 'dashboard', section: 'dashboard' },
  { href: '/tenants', label: 'Tenants', icon: 'tenants', section: 'tenants' },
  { href: '/invitations', label: 'Invitations', icon: 'invitations', section: 'invitations' },
  { href: '/hunts', label: 'Hunts', icon: 'hunts', section: 'hunts' },
  { href: '/library', label: 'Library', icon: 'library', section: 'library' },
  { href: '/schedules', label: 'Schedules', icon: 'calendar', section: 'schedules' },
  { href: '/notifications', label: 'Notifications', icon: 'bell', section: 'notifications' },
  { href: '/readiness', label: 'Readiness', icon: 'readiness', section: 'readiness' },
  { href: '/audit', label: 'Audit', icon: 'audit', section: 'audit' },
  { href: '/settings', label: 'Settings', icon: 'settings', section: 'settings', adminOnly: true },
]

/** Views: `reply.page` renders a whole page with what every layout needs, `reply.partial` one piece of it. */
export const pages = plugin(
  async (
    app: FastifyInstance,
    {
      installation,
      assetUrl,
      cacheTemplates,
      countNews,
    }: {
      installation: Installation
      assetUrl: AssetUrl
      cacheTemplates: boolean
      /** Notifications that the reader has not seen, at most 100. */
      countNews: (actor: Actor) => Promise<number>
    },
  ) => {
    const views = fileURLToPath(new URL('../../../views', import.meta.url))
    const eta = new Eta({ views, cache: cacheTemplates, autoTrim: false })
    await app.register(view, {
      engine: { eta },
      root: views,
      viewExt: 'eta',
      propertyName: 'render',
      production: cacheTemplates,
    })

    app.decorateReply('page', async function (this: FastifyReply, template, facts, data = {}) {
      const { request } = this
      const staff = request.session?.staff ?? null
      const actor = request.actor
      const flash = request.session?.flash ?? null
      const news = actor?.role ? await countNews(actor).catch(noted(request.log)) : 0
      if (flash) request.session.set('flash', undefined)
      const page = {
        section: null,
        breadcrumbs: [],
        scripts: [],
        ...facts,
        ...installation,
        user: staff?.role
          ? { name: staff.name, username: staff.username, role: appRoleOf(staff.role) }
          : null,
        csrf: this.generateCsrf(),
        cspNonce: '',
        flash,
        path: request.url,
        navigation: navigation
          .filter(({ adminOnly }) => !adminOnly || (actor !== null && may(actor, 'manage-staff')))
          .map(entry => (entry.section === 'notifications' ? { ...entry, badge: countWords(news) } : entry)),
      }
      return await this.header('cache-control', 'no-store').render(template, {
        ...data,
        page,
        format: formats,
        assetUrl,
        can: (act: Parameters<typeof may>[1]) => actor !== null && may(actor, act),
      })
    })

    app.decorateReply('partial', async function (this: FastifyReply, template, data = {}) {
      const { actor } = this.request
      return await this.header('cache-control', 'no-store')
        .header('vary', 'hx-request')
        .render(template, {
          ...data,
          page: { csrf: this.generateCsrf(), ...installation },
          format: formats,
          assetUrl,
          can: (act: Parameters<typeof may>[1]) => actor !== null && may(actor, act),
        })
    })
  },
  { name: 'pages', dependencies: ['sessions', 'actors'] },
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
