import type { FastifyRequest } from 'fastify'
import { type ListOptions, type ListRules, readListOptions } from '../data/odata/list-options.ts'
import { cutPage } from '../data/odata/page.ts'
import { queryOf } from '../graph/respond.ts'
import { type About, badRequest, nextLink, readingOptions } from './respond.ts'

export type DefenderList<T> = {
  all: readonly T[]
  rules: ListRules<T>
  /** more is refused; it is also what a page holds when nothing is asked */
  largestTop: number
  /** where links to the next page lead */
  origin: string
  path: string
}

type DefenderPage<T> = {
  items: T[]
  options: ListOptions<T>
  /** to be spread into the answer; empty on the last page */
  link: { '@odata.nextLink'?: string }
}

/**
 * The page of a list that a request to one of the Defender APIs asks for.
 *
 * @throws ApiRefusal 400 for query options that the list does not take
 */
export function readPage<T>(about: About, request: FastifyRequest, list: DefenderList<T>): DefenderPage<T> {
  const query = queryOf(request)
  const options = readingOptions(about, () => readListOptions(query, list.rules))
  if (options.top > list.largestTop) {
    const limit = `The limit of '${list.largestTop}' for Top query has been exceeded.`
    const asked = `The value from the incoming request is '${options.top}'.`
    throw badRequest(about, 'ODataError', `${limit} ${asked}`)
  }
  const { items, nextOffset } = readingOptions(about, () =>
    cutPage(list.all, options, { pageSize: list.largestTop }),
  )
  const link =
    nextOffset === null ? {} : { '@odata.nextLink': nextLink(list.origin, list.path, query, nextOffset) }
  return { items, options, link }
}
