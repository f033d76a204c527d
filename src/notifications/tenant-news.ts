import type { AnnounceTenant, TenantNews } from '../verification/losses.ts'
import type { NotificationEvent } from './event.ts'
import type { Notifications } from './notifications.ts'

/** Tells in the console and to webhooks what a tenant lost, and that it is well again. */
export function createTenantNews({
  announce,
  publicUrl,
}: {
  announce: Notifications['announce']
  publicUrl: string
}): AnnounceTenant {
  return (tx, news) => {
    const { id, name } = news.tenant
    const title = titleOf(news)
    const href = `/tenants/${id}`
    const common = {
      at: news.at.toISOString(),
      summary: title,
      url: `${publicUrl}${href}`,
      tenant: { tenantId: id, name },
    }
    const event: NotificationEvent =
      news.kind === 'connected'
        ? { type: 'tenant.connected', ...common }
        : {
            type: `tenant.${news.kind}`,
            ...common,
            problem: news.problem,
            rolesMissing: [...news.rolesMissing],
          }
    const eventFor = (isVisible: (tenantId: string) => boolean) => (isVisible(id) ? event : null)
    return announce(tx, { kind: news.kind, title, href, tenantId: id, eventFor })
  }
}

function titleOf(news: TenantNews): string {
  const { name } = news.tenant
  if (news.kind === 'connected') return `${name} is connected again`
  const { kind, problem, rolesMissing } = news
  if (kind === 'disconnected') return `${name} is disconnected: ${problem.message}`
  const what =
    rolesMissing.length > 0 ? `${rolesMissing.join(', ')} is not granted any more` : problem.message
  return `${name} works only in part: ${what}`
}
