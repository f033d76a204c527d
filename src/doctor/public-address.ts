import { z } from 'zod'
import type { ChooseProxy } from '../platform/proxy/choose-proxy.ts'
import { type Finding, ok, warning } from './check.ts'
import { openPage } from './open-page.ts'

const check = 'public address'

const answerSchema = z.object({
  status: z.literal('ok'),
  proxy: z.enum(['untrusted', 'silent', 'host_replaced']).nullable(),
})

const remedies = {
  untrusted:
    'List the address of your proxy in TENANTRY_TRUSTED_PROXIES: until then all visitors share its address in rate limits, audit and log. The log of the server names it.',
  silent:
    'Have the proxy send X-Forwarded-For: until then all visitors share its address in rate limits, audit and log.',
  host_replaced:
    'Have the proxy pass on the Host header as it came, or send X-Forwarded-Host and list the proxy in TENANTRY_TRUSTED_PROXIES.',
}

/** Opens the public address as a visitor would, and hears from the server how the request reached it. */
export async function checkPublicAddress({
  publicUrl,
  chooseProxy,
}: {
  publicUrl: string
  chooseProxy: ChooseProxy
}): Promise<Finding> {
  try {
    const { text } = await openPage(new URL('/healthz?proxy', publicUrl), chooseProxy)
    const read = answerSchema.safeParse(JSON.parse(text))
    if (!read.success) return notTenantry(publicUrl)
    const { proxy } = read.data
    return proxy === null
      ? ok(check, `${publicUrl} leads here`)
      : warning(check, `${publicUrl} leads here through a proxy that leaves something out`, remedies[proxy])
  } catch (error) {
    if (error instanceof SyntaxError) return notTenantry(publicUrl)
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
    return warning(
      check,
      `${publicUrl} does not answer (${code})`,
      'Start Tenantry, or check TENANTRY_PUBLIC_URL, its DNS name and the proxy in front. It may also be that only other machines reach it.',
    )
  }
}

function notTenantry(publicUrl: string): Finding {
  return warning(
    check,
    `something else answers at ${publicUrl}`,
    'Check TENANTRY_PUBLIC_URL and where the proxy in front sends requests.',
  )
}
