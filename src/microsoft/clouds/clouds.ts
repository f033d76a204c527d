/** The API families of Defender that Tenantry speaks to. */
export type Surface = 'graph' | 'defender' | 'endpoint'

export type CloudName = 'global' | 'gcc' | 'gcc-high' | 'dod' | 'china'

/** What differs between Microsoft's clouds. Each is an identity system of its own with its own app registration. */
export type Cloud = {
  name: CloudName
  /** As pages print it. */
  label: string
  loginOrigin: string
  /** API hosts; null where the cloud does not offer the surface. */
  origins: Record<Surface, string | null>
  /** What stands before `/.default` in a scope, and in `aud`; null where the surface is missing. */
  resources: Record<Surface, string | null>
  /** Host that the v1 issuer names. */
  issuerV1Origin: string
  /** Audience of a managed identity's token when it stands in for a credential. */
  exchangeAudience: string
  /** The Defender portal that web links lead to. */
  portalOrigin: string
  /** What does not work in this cloud, in words, for the pages. */
  missing: string[]
}

/**
 * One table of facts.
 *
 * @see Microsoft identity platform, "National clouds"; Microsoft Graph, "National cloud deployments";
 *   Defender XDR, "Defender for US Government customers"
 */
export const clouds: Record<CloudName, Cloud> = {
  global: {
    name: 'global',
    label: 'Microsoft commercial cloud',
    loginOrigin: 'https://login.microsoftonline.com',
    origins: {
      graph: 'https://graph.microsoft.com',
      defender: 'https://api.security.microsoft.com',
      endpoint: 'https://api.securitycenter.microsoft.com',
    },
    resources: {
      graph: 'https://graph.microsoft.com',
      defender: 'https://api.security.microsoft.com',
      endpoint: 'https://api.securitycenter.microsoft.com',
    },
    issuerV1Origin: 'https://sts.windows.net',
    exchangeAudience: 'api://AzureADTokenExchange',
    portalOrigin: 'https://security.microsoft.com',
    missing: [],
  },
  // The trap: government Defender hosts behind the commercial login and Graph.
  gcc: {
    name: 'gcc',
    label: 'US Government GCC',
    loginOrigin: 'https://login.microsoftonline.com',
    origins: {
      graph: 'https://graph.microsoft.com',
      defender: 'https://api-gcc.security.microsoft.us',
      endpoint: 'https://api-gcc.securitycenter.microsoft.us',
    },
    resources: {
      graph: 'https://graph.microsoft.com',
      defender: 'https://api-gcc.security.microsoft.us',
      endpoint: 'https://api-gcc.securitycenter.microsoft.us',
    },
    issuerV1Origin: 'https://sts.windows.net',
    exchangeAudience: 'api://AzureADTokenExchange',
    portalOrigin: 'https://security.microsoft.com',
    missing: [],
  },
  'gcc-high': {
    name: 'gcc-high',
    label: 'US Government GCC High',
    loginOrigin: 'https://login.microsoftonline.us',
    origins: {
      graph: 'https://graph.microsoft.us',
      defender: 'https://api-gov.security.microsoft.us',
      endpoint: 'https://api-gov.securitycenter.microsoft.us',
    },
    resources: {
      graph: 'https://graph.microsoft.us',
      defender: 'https://api-gov.security.microsoft.us',
      endpoint: 'https://api-gov.securitycenter.microsoft.us',
    },
    issuerV1Origin: 'https://sts.windows.net',
    exchangeAudience: 'api://AzureADTokenExchangeUSGov',
    portalOrigin: 'https://security.microsoft.us',
    missing: ['Publisher verification is not available.'],
  },
  dod: {
    name: 'dod',
    label: 'US Government DoD',
    loginOrigin: 'https://login.microsoftonline.us',
    origins: {
      graph: 'https://dod-graph.microsoft.us',
      defender: 'https://api-gov.security.microsoft.us',
      endpoint: 'https://api-gov.securitycenter.microsoft.us',
    },
    resources: {
      graph: 'https://dod-graph.microsoft.us',
      defender: 'https://api-gov.security.microsoft.us',
      endpoint: 'https://api-gov.securitycenter.microsoft.us',
    },
    issuerV1Origin: 'https://sts.windows.net',
    exchangeAudience: 'api://AzureADTokenExchangeUSGov',
    portalOrigin: 'https://security.apps.mil',
    missing: ['Publisher verification is not available.'],
  },
  china: {
    name: 'china',
    label: 'China, operated by 21Vianet',
    loginOrigin: 'https://login.partner.microsoftonline.cn',
    origins: { graph: 'https://microsoftgraph.chinacloudapi.cn', defender: null, endpoint: null },
    resources: { graph: 'https://microsoftgraph.chinacloudapi.cn', defender: null, endpoint: null },
    issuerV1Origin: 'https://sts.chinacloudapi.cn',
    exchangeAudience: 'api://AzureADTokenExchangeChina',
    portalOrigin: 'https://security.microsoft.cn',
    missing: [
      'Graph offers no security incidents, alerts or hunting.',
      'The Defender XDR API does not exist.',
      'The Defender for Endpoint API does not exist, so there are no devices and no device actions.',
      'Publisher verification is not available.',
    ],
  },
}

/**
 * The clouds in which one registration works, the given one first: those with
 * the same login and the same Graph. Only their Defender hosts differ.
 */
export function cloudsBehindLoginOf(name: CloudName): CloudName[] {
  const { loginOrigin, origins } = clouds[name]
  const others = Object.values(clouds).filter(
    cloud =>
      cloud.name !== name && cloud.loginOrigin === loginOrigin && cloud.origins.graph === origins.graph,
  )
  return [name, ...others.map(cloud => cloud.name)]
}

/** Issuer of v2.0 tokens: `https://{login host}/{tenant id}/v2.0`. */
export function issuerV2(cloud: Cloud, tenantId: string): string {
  return `${cloud.loginOrigin}/${tenantId}/v2.0`
}

/** Issuer of v1.0 tokens, which the Defender APIs and Graph take: `https://sts.windows.net/{tenant id}/`. */
export function issuerV1(cloud: Cloud, tenantId: string): string {
  return `${cloud.issuerV1Origin}/${tenantId}/`
}
