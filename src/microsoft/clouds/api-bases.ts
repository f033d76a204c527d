import type { CloudName, Surface } from './clouds.ts'

/** One way to an API: the host that answers, and the surface whose token it takes. */
export type ApiBase = { origin: string; tokenOf: Surface }

/**
 * Ways to the Defender for Endpoint API beside `Cloud.origins.endpoint`, in the
 * order in which they are tried. Today's pages print the host of Defender XDR
 * as its base, earlier ones `api.securitycenter.microsoft.com`; either may end
 * first. `Machine.*` are roles of the Endpoint resource, so its token is the
 * first to try on the newer host too; which one a tenant takes there is not
 * documented and found by trying.
 *
 * @see Defender for Endpoint, "Supported APIs", "Create an app with partner access";
 *   Defender for Endpoint, "US Government customers"
 */
export const furtherEndpointBases: Record<CloudName, readonly ApiBase[]> = {
  global: [
    { origin: 'https://api.security.microsoft.com', tokenOf: 'endpoint' },
    { origin: 'https://api.security.microsoft.com', tokenOf: 'defender' },
  ],
  gcc: [],
  'gcc-high': [],
  dod: [],
  china: [],
}

const regions = ['us', 'eu', 'uk', 'au', 'swa', 'ina', 'aea']
const regionsOfOlderHost = ['us', 'eu', 'uk', 'au']

/**
 * Hosts near to a region that serve the same API with the same token. The
 * global hosts find the region by themselves, so these are never called; a
 * link inside an answer may name one.
 *
 * @see Defender for Endpoint, "List machines API"
 */
export const regionalEndpointOrigins: Record<CloudName, readonly string[]> = {
  global: [
    ...regions.map(region => `https://${region}.api.security.microsoft.com`),
    ...regionsOfOlderHost.map(region => `https://api-${region}.securitycenter.microsoft.com`),
  ],
  gcc: [],
  'gcc-high': [],
  dod: [],
  china: [],
}
