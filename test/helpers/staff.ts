import type { RunningApp } from './app.ts'
import { createVisitor, goToEntra, type Visited, type Visitor } from './visitor.ts'

/** A signed-in member of staff, who can also ask as htmx does. */
export type Staff = Visitor & {
  /** The part of a page that htmx asks for. */
  partial(url: string): Promise<Visited & { headers: Headers }>
  /** Posts a form, after a visit to the page that has it, and goes where it leads. */
  send(page: string, action: string, fields?: Record<string, string>): Promise<Visited>
}

export async function signedIn(running: RunningApp, username = 'admin@partner.example'): Promise<Staff> {
  const visitor = createVisitor(running.url)
  await visitor.follow(await goToEntra(visitor, running, username))
  return {
    ...visitor,
    async partial(url) {
      const cookie = [...visitor.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
      const answer = await fetch(new URL(url, running.url), {
        headers: { cookie, 'hx-request': 'true' },
        redirect: 'manual',
      })
      const { status, headers } = answer
      return { status, headers, location: headers.get('location'), text: await answer.text(), url }
    },
    async send(page, action, fields) {
      await visitor.get(page)
      return visitor.follow(await visitor.post(action, fields))
    },
  }
}

/** What a page says, without its markup. */
export function words(html: string): string {
  return html
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
}
