import { passSkipToken, writeSkipToken } from '../data/odata/page.ts'

/**
 * The page of a list without its elements and with a link to the very same
 * place, as a service sends it that filters after it has cut the page. An
 * answer that is no list stays as it is.
 *
 * @param origin the service's own
 * @param url path and query of the request
 */
export function emptyPage(body: string, origin: string, url: string): string {
  const answer: unknown = JSON.parse(body)
  if (typeof answer !== 'object' || answer === null || !('value' in answer) || !Array.isArray(answer.value))
    return body
  return JSON.stringify({ ...answer, value: [], '@odata.nextLink': `${origin}${samePlace(url)}` })
}

function samePlace(url: string): string {
  const [path = '', query = ''] = url.split(/\?(.*)/s)
  const options = new URLSearchParams(query)
  const token = options.get('$skiptoken')
  const next = token ? passSkipToken(token) : writeSkipToken(Number(options.get('$skip') ?? 0), 1)
  options.delete('$skip')
  options.delete('$skiptoken')
  const kept = [...options].map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  return `${path}?${[...kept, `$skiptoken=${next}`].join('&')}`
}
