import type { Endpoints } from '../microsoft/clouds/endpoints.ts'
import { surfaces } from '../microsoft/roles/roles.ts'
import type { CredentialSettings } from '../microsoft/tokens/credentials/credential.ts'
import type { ChooseProxy } from '../platform/proxy/choose-proxy.ts'
import { type Finding, ok } from './check.ts'

type Deps = {
  endpoints: Endpoints
  credentials: CredentialSettings[]
  chooseProxy: ChooseProxy
  extraAuthorities: string[]
}

/** Which services are reached through a proxy, and which directly. Whether the way works, the checks after it show. */
export function describeWayOut({ endpoints, credentials, chooseProxy, extraAuthorities }: Deps): Finding {
  const offered = surfaces.filter(surface => endpoints.cloud.origins[surface] !== null)
  const urls = [
    ...(['login', ...offered] as const).map(service => endpoints.url(service, '/')),
    ...credentials.flatMap(credential => ('vaultUrl' in credential ? [new URL(credential.vaultUrl)] : [])),
  ]
  const hostsBy = new Map<string, Set<string>>()
  for (const url of urls) {
    const way = wayOf(chooseProxy(url))
    hostsBy.set(way, (hostsBy.get(way) ?? new Set()).add(url.host))
  }
  const ways = [...hostsBy].map(([way, hosts]) => `${[...hosts].join(', ')} ${way}`)
  const count = extraAuthorities.length
  const trust =
    count === 0
      ? ''
      : `; NODE_EXTRA_CA_CERTS adds ${count === 1 ? '1 trusted authority' : `${count} trusted authorities`}`
  return ok('way out', ways.join('; ') + trust)
}

function wayOf(proxy: URL | null): string {
  return proxy === null ? 'directly' : `through the proxy ${proxy.host} of HTTPS_PROXY`
}
