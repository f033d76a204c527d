import { randomBytes } from 'node:crypto'
import type { Endpoints } from '../microsoft/clouds/endpoints.ts'
import type { ChooseProxy } from '../platform/proxy/choose-proxy.ts'
import { type Finding, failed, ok, warning } from './check.ts'
import { openPage } from './open-page.ts'

type Deps = {
  endpoints: Endpoints
  clientId: string
  partnerTenantId: string
  publicUrl: string
  chooseProxy: ChooseProxy
}

/** The addresses that Microsoft sends browsers back to; all three must be registered as platform Web. */
export const redirectPaths = ['/auth/callback', '/consent/callback', '/consent/proof'] as const

/**
 * Asks Entra for a sign-in that cannot happen (`prompt=none` without a
 * session). It sends the refusal to a redirect URI that is registered, and
 * shows a page with AADSTS50011 instead of going to one that is not.
 *
 * Not through remote/: this is what a browser asks, it carries no token, and
 * the redirect itself is the answer.
 */
export async function* probeRedirectUris({
  endpoints,
  clientId,
  partnerTenantId,
  publicUrl,
  chooseProxy,
}: Deps): AsyncGenerator<Finding> {
  for (const path of redirectPaths) {
    const redirectUri = `${publicUrl}${path}`
    const check = `redirect URI ${path}`
    const url = endpoints.url('login', `/${partnerTenantId}/oauth2/v2.0/authorize`)
    url.search = new URLSearchParams({
      client_id: clientId,
      response_type: 'code',
      redirect_uri: redirectUri,
      scope: 'openid',
      prompt: 'none',
      state: randomBytes(16).toString('base64url'),
      nonce: randomBytes(16).toString('base64url'),
      code_challenge: randomBytes(32).toString('base64url'),
      code_challenge_method: 'S256',
    }).toString()
    yield await probe(check, url, redirectUri, chooseProxy)
  }
}

async function probe(
  check: string,
  url: URL,
  redirectUri: string,
  chooseProxy: ChooseProxy,
): Promise<Finding> {
  try {
    const { location, text } = await openPage(url, chooseProxy)
    if (location?.startsWith(redirectUri)) return ok(check, `${redirectUri} is registered`)
    if (/AADSTS(50011|500113|900971)/.test(text)) {
      return failed(
        check,
        `${redirectUri} is not registered`,
        'Add it to the app registration under Authentication, platform Web.',
      )
    }
    return warning(
      check,
      'could not be told from here',
      `Check that ${redirectUri} stands on the app registration under Authentication, platform Web.`,
    )
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
    return warning(check, `could not be asked (${code})`, 'Check that this machine reaches the login host.')
  }
}
