import { fileURLToPath } from 'node:url'
import { Eta } from 'eta'
import { formats } from '../../src/web/formats.ts'
import { icon } from '../../src/web/icons.ts'

const views = fileURLToPath(new URL('../../views/', import.meta.url))
const eta = new Eta({ views, cache: true, autoTrim: false })

/** Renders one view or partial by its path under `views/`, as the server does. */
export function render(path: string, data: object): string {
  const assetUrl = (asset: string) => `/assets/${asset}`
  return eta.render(path, { assetUrl, format: formats, icon, ...data })
}

/** What every page is given about itself; a test changes what it is about. */
export function givenPage(changes: object = {}): object {
  return {
    title: 'Catalogue',
    section: 'tenants',
    demo: true,
    partnerName: 'Northgate Security',
    partnerTagline: 'Managed detection and response',
    version: '0.1.0',
    user: { name: 'Analyst', username: 'analyst@partner.example', role: 'Analyst' },
    csrf: 'a-token-of-the-form',
    flash: { kind: 'success', text: 'The invitation for Alder Freight is ready.' },
    breadcrumbs: [
      { href: '/', label: 'Dashboard' },
      { href: '/tenants', label: 'Tenants' },
    ],
    navigation: [
      { href: '/', label: 'Dashboard', icon: 'dashboard', section: 'dashboard' },
      { href: '/tenants', label: 'Tenants', icon: 'tenants', section: 'tenants' },
      { href: '/invitations', label: 'Invitations', icon: 'invitations', section: 'invitations' },
      { href: '/incidents', label: 'Incidents', icon: 'incidents', section: 'incidents', badge: 24 },
      { href: '/hunts', label: 'Hunts', icon: 'hunts', section: 'hunts' },
      { href: '/audit', label: 'Audit', icon: 'audit', section: 'audit' },
      { href: '/settings', label: 'Settings', icon: 'settings', section: 'settings' },
    ],
    ...changes,
  }
}
