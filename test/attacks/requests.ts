import { type IncomingHttpHeaders, request } from 'node:http'
import { type StaffRole, systemActor } from '../../src/tenants/actor.ts'
import type { RouteAct } from '../../src/web/plugins/access/route-acts.ts'
import type { RunningApp } from '../helpers/app.ts'
import { signedIn } from '../helpers/staff.ts'

type Answer = {
  statusCode: number
  headers: Record<string, string | number | string[] | undefined>
  body: string
  json(): ReturnType<typeof JSON.parse>
}

export type Ask = (
  method: string,
  url: string,
  options?: { headers?: Record<string, string>; payload?: string },
) => Promise<Answer>

/**
 * Asks pages as staff with that role, anti-forgery token included, and the API with a key of that role.
 *
 * @param tags limit both to tenants with one of them
 */
export async function askingAs(running: RunningApp, role: StaffRole, tags: string[] = []): Promise<Ask> {
  const username = `${role}@partner.example`
  const [staff, key] = await Promise.all([signedIn(running, username), running.apiKey(role, tags)])
  if (tags.length > 0) {
    const { objectId } = await running.database.db.staffMember.findFirstOrThrow({ where: { username } })
    await running.services.members.limit(systemActor, objectId, { tags, ids: [] })
  }
  const { text } = await staff.get('/library')
  const token = /"x-csrf-token": "([^"]+)"/.exec(text)?.[1] ?? ''
  const cookie = [...staff.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
  return async (method, url, { headers = {}, payload } = {}) => {
    const proof = url.startsWith('/api/') ? key : { cookie, 'x-csrf-token': token }
    if (method === 'GET' && /\/(events|arrivals)(\?|$)/.test(url)) {
      return await beginningOf(running.url + url, { ...proof, ...headers })
    }
    return await running.app.inject({
      method: method as 'GET',
      url,
      headers: { ...proof, ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
  }
}

/** The answer of an address that may stream without end, which is left as soon as it streams. */
async function beginningOf(url: string, headers: IncomingHttpHeaders): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const asking = request(url, { headers }, async answer => {
      const { statusCode = 0, headers } = answer
      let body = ''
      if (headers['content-type']?.startsWith('text/event-stream')) asking.destroy()
      else for await (const piece of answer) body += piece
      resolve({ statusCode, headers, body, json: () => JSON.parse(body) })
    })
    asking.on('error', reject).end()
  })
}

const nobody = '00000000-0000-4000-8000-00000000dead'

/** The address of a route with something in place of each parameter: what is given, else an id that nothing has. */
export function addressOf(
  { url }: Pick<RouteAct, 'url'>,
  values: (name: string) => string | undefined = () => undefined,
): string {
  return url.replaceAll(/:(\w+)|\*/g, (_, name: string | undefined) => values(name ?? '*') ?? nobody)
}

/** Whether it can change something. */
export function changes({ method }: Pick<RouteAct, 'method'>): boolean {
  return !['GET', 'HEAD'].includes(method)
}
