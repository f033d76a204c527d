import type { FastifyInstance } from 'fastify'
import type { Config } from '../../../config.ts'
import type { Tokens } from '../../../microsoft/tokens/index.ts'

/** What the installation runs with; keys, staff and webhooks have pages of their own. */
export async function settingsRoutes(
  app: FastifyInstance,
  { config, tokens }: { config: Config; tokens: Tokens },
): Promise<void> {
  app.get('/settings', { config: { act: 'settings.read' } }, async (_request, reply) => {
    const credentials = await tokens.expiry()
    return await reply.page(
      '/settings/index',
      { title: 'Settings', section: 'settings' },
      { credentials, settings: settingsInForce(config) },
    )
  })
}

/** Names, values and meaning; secrets are not among them. */
function settingsInForce(config: Config): { label: string; value: string }[] {
  const { substitution } = config
  return [
    { label: 'Address', value: config.publicUrl },
    { label: 'Trusted proxies', value: config.trustedProxies.join(', ') },
    { label: 'Proxy for calls to Microsoft', value: config.proxy.httpsProxy?.host ?? 'none' },
    { label: 'Cloud', value: config.demo ? 'simulator' : config.cloud },
    { label: 'Partner tenant', value: config.partnerTenantId },
    { label: 'Application (client) id', value: config.clientId },
    { label: 'Required permissions', value: config.requiredRoles.join(', ') },
    {
      label: 'Also asked for',
      value: config.askedRoles.filter(role => !config.requiredRoles.includes(role)).join(', ') || 'nothing',
    },
    {
      label: 'Database',
      value: config.databaseUrl ? 'PostgreSQL of DATABASE_URL' : `embedded in ${config.dataDir}`,
    },
    {
      label: 'This process does',
      value: { all: 'pages and jobs', web: 'pages', worker: 'jobs' }[config.role],
    },
    { label: 'Share of the hunting quota', value: `${Math.round(config.huntingShare * 100)} %` },
    { label: 'New staff see', value: config.newStaff === 'all' ? 'every tenant' : 'no tenant' },
    {
      label: 'Who acts on devices',
      value: config.responders === 'analysts' ? 'analysts and responders' : 'responders',
    },
    {
      label: 'Sessions end',
      value: `after ${config.sessionIdleMinutes} minutes without use, after ${config.sessionHours} hours in any case`,
    },
    { label: 'Hunt results are kept', value: `${config.huntRetentionDays} days` },
    ...Object.entries(substitution).flatMap(([service, origin]) =>
      origin ? [{ label: `Origin used for ${service}`, value: origin }] : [],
    ),
  ]
}
