import type { Surface } from './world.ts'

export type SimulatedCloud = 'global' | 'gcc-high' | 'dod'

/** The origins and identifiers that a cloud writes into its documents, tokens and links. */
export type Hosts = {
  login: string
  /** issuer of v1-format tokens, without the tenant */
  v1Issuer: string
  cloudInstanceName: string
  surfaces: Record<Surface, string>
}

const globalHosts: Hosts = {
  login: 'https://login.microsoftonline.com',
  v1Issuer: 'https://sts.windows.net',
  cloudInstanceName: 'microsoftonline.com',
  surfaces: {
    graph: 'https://graph.microsoft.com',
    defender: 'https://api.security.microsoft.com',
    endpoint: 'https://api.securitycenter.microsoft.com',
  },
}

const governmentSurfaces = {
  defender: 'https://api-gov.security.microsoft.us',
  endpoint: 'https://api-gov.securitycenter.microsoft.us',
}

const clouds: Record<SimulatedCloud, Hosts> = {
  global: globalHosts,
  'gcc-high': {
    ...globalHosts,
    login: 'https://login.microsoftonline.us',
    cloudInstanceName: 'microsoftonline.us',
    surfaces: { graph: 'https://graph.microsoft.us', ...governmentSurfaces },
  },
  dod: {
    ...globalHosts,
    login: 'https://login.microsoftonline.us',
    cloudInstanceName: 'microsoftonline.us',
    surfaces: { graph: 'https://dod-graph.microsoft.us', ...governmentSurfaces },
  },
}

const gccHosts: Hosts = {
  ...globalHosts,
  surfaces: {
    graph: globalHosts.surfaces.graph,
    defender: 'https://api-gcc.security.microsoft.us',
    endpoint: 'https://api-gcc.securitycenter.microsoft.us',
  },
}

/** @see Microsoft identity platform, "National clouds"; Defender XDR and Endpoint for US Government customers */
export function hostsOf(cloud: SimulatedCloud): Hosts {
  return clouds[cloud]
}

/** The hosts of one tenant: GCC has the worldwide login and Graph, and Defender hosts of its own. */
export function hostsOfTenant(hosts: Hosts, tenant: { regionSubScope?: string } | undefined): Hosts {
  return hosts === globalHosts && tenant?.regionSubScope === 'GCC' ? gccHosts : hosts
}

/** Application ids of the APIs, which clients may name instead of their URI. */
export const resourceAppIds: Record<Surface, string> = {
  graph: '00000003-0000-0000-c000-000000000000',
  defender: '8ee8fdad-f234-4243-8f3b-15c294843740',
  endpoint: 'fc780465-2017-40d4-a0c5-307022471b92',
}

// Printed in the curl samples of the Defender partner pages, still accepted.
const olderEndpointResource = 'https://securitycenter.onmicrosoft.com/windowsatpservice'

/**
 * Which API a resource identifier names. A trailing slash belongs to the
 * identifier and comes back in `aud`, so it is ignored only for the comparison.
 */
export function surfaceOfResource(hosts: Hosts, resource: string): Surface | undefined {
  const wanted = resource.replace(/\/$/, '').toLowerCase()
  if (wanted === olderEndpointResource) return 'endpoint'
  const surfaces: Surface[] = ['graph', 'defender', 'endpoint']
  return surfaces.find(surface => wanted === hosts.surfaces[surface] || wanted === resourceAppIds[surface])
}
