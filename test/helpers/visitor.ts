import type { RunningApp } from './app.ts'

/** An answer with its page's text. */
export type Visited = { status: number; location: string | null; text: string; url: string }

/**
 * A browser without a screen: keeps cookies per site, fills in the page's
 * anti-forgery token, follows no redirect unless told.
 */
export type Visitor = {
  get(url: string): Promise<Visited>
  /** Posts a form of the page visited last. */
  post(url: string, fields?: Record<string, string>): Promise<Visited>
  /** Follows redirects of the last answer until a page comes. */
  follow(answer: Visited): Promise<Visited>
  /** The cookies that a site set, by name. */
  cookies(origin: string): Map<string, string>
}

export function createVisitor(base: string): Visitor {
  const jars = new Map<string, Map<string, string>>()
  let csrf: string | null = null

  function jar(origin: string): Map<string, string> {
    const found = jars.get(origin) ?? new Map<string, string>()
    jars.set(origin, found)
    return found
  }

  async function ask(target: string, init: RequestInit = {}): Promise<Visited> {
    const url = new URL(target, base)
    const cookies = jar(url.origin)
    const headers = new Headers(init.headers)
    headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    headers.set('accept', 'text/html')
    const answer = await fetch(url, { ...init, headers, redirect: 'manual' })
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const [name = '', ...value] = pair.split('=')
      if (/Max-Age=0|Expires=Thu, 01 Jan 1970/i.test(line)) cookies.delete(name)
      else cookies.set(name, value.join('='))
    }
    const text = await answer.text()
    csrf = /name="_csrf" value="([^"]+)"/.exec(text)?.[1] ?? csrf
    const location = answer.headers.get('location')
    return {
      status: answer.status,
      location: location ? new URL(location, url).href : null,
      text,
      url: url.href,
    }
  }

  return {
    cookies: jar,
    get: url => ask(url),
    post: (url, fields = {}) =>
      ask(url, {
        method: 'POST',
        body: new URLSearchParams({ ...(csrf ? { _csrf: csrf } : {}), ...fields }),
      }),
    async follow(answer) {
      let current = answer
      while (current.location) current = await ask(current.location)
      return current
    },
  }
}

/** Takes staff to Entra and back, up to but not including the visit of the callback. */
export async function goToEntra(
  visitor: Visitor,
  { simulator }: RunningApp,
  username: string,
  returnTo = '/',
): Promise<Visited> {
  await visitor.get(`/sign-in?returnTo=${encodeURIComponent(returnTo)}`)
  const away = await visitor.post('/sign-in', { returnTo })
  const page = await visitor.get(away.location ?? '')
  return await chooseAccount(visitor, page, simulator.origin, username)
}

/** Presses the account's button on the simulated sign-in page. */
export async function chooseAccount(
  visitor: Visitor,
  page: Visited,
  origin: string,
  username: string,
): Promise<Visited> {
  const form = page.text.split('<form').find(part => part.includes(username))
  const action = /action="([^"]*)"/.exec(form ?? '')?.[1] ?? ''
  const fields = Object.fromEntries(
    [...(form ?? '').matchAll(/<(?:input|button)[^>]*name="([^"]+)"[^>]*value="([^"]*)"/g)].map(match => [
      match[1] ?? '',
      unescapeHtml(match[2] ?? ''),
    ]),
  )
  return await visitor.post(new URL(unescapeHtml(action) || page.url, origin).href, fields)
}

function unescapeHtml(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')
}
