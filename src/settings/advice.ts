import { isLoopback } from '../platform/loopback.ts'

/**
 * What the settings allow but hardly anybody means, one line each with the
 * remedy; printed at the start, which goes on.
 */
export function settingsAdvice(config: {
  publicUrl: string
  host: string
  trustedProxies: string[]
}): string[] {
  const { publicUrl, host, trustedProxies } = config
  const isProxyElsewhere = publicUrl.startsWith('https:') && !isLoopback(host)
  if (!isProxyElsewhere || trustedProxies.some(entry => entry !== 'loopback')) return []
  return [
    `TENANTRY_TRUSTED_PROXIES: HOST is ${host}, so a proxy on another machine or in another container is expected in front, but only proxies on this machine are trusted. Remedy: set it to the address or network of the proxy; until then all visitors share the proxy's address in rate limits, audit and log.`,
  ]
}
