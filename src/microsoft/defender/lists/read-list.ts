import type { z } from 'zod'
import { RemoteError } from '../../../errors.ts'
import { namedFailure, readJson } from '../../http/index.ts'
import type { CallSurface, SurfaceCall } from '../call.ts'
import { listOf, readDocument } from '../wire/wire.ts'
import { completeNestedLists } from './nested-lists.ts'

/** Elements of a list, from one page or from several that were read one after another. */
export type ListPart<T> = {
  value: T[]
  /** The request that the last page answered. */
  from: SurfaceCall['path']
  /** Where the list goes on; null at its end, and where it is given up. */
  nextLink: string | null
  /** More may be there, but only empty pages came. */
  isIncomplete: boolean
}

/**
 * Empty pages in a row that are followed. Services filter after they cut a
 * page, so an empty one says nothing; a link that never ends must still end.
 */
const mostEmptyPages = 10

/** A list whose elements come a few at a time must not use up the tenant's quota in one go. */
const mostPages = 50

/**
 * Reads a list from one page on. Only a missing link ends a list: pages are
 * read until so many elements are together, and empty ones are passed over.
 *
 * @param wanted elements; with 1 the answer holds exactly one page
 * @throws RemoteError `bad_answer`, `foreign_link`, and what the call is refused with
 * @see OData 4.01 Protocol, 11.2.6.7 "Server-Driven Paging"
 */
export async function readList<T extends z.ZodType>(
  call: CallSurface,
  request: SurfaceCall,
  item: T,
  what: string,
  wanted = 1,
): Promise<ListPart<z.output<T>>> {
  const schema = listOf(item)
  const value: z.output<T>[] = []
  let from = request.path
  let isIncomplete = false
  let empty = 0
  for (let pages = 1; ; pages += 1) {
    const { document, isIncomplete: isCut } = await fetchDocument(
      call,
      { ...request, path: from },
      schema,
      what,
    )
    isIncomplete ||= isCut
    value.push(...document.value)
    const { nextLink } = document
    empty = document.value.length === 0 ? empty + 1 : 0
    if (empty > mostEmptyPages && nextLink !== null)
      return { value, from, nextLink: null, isIncomplete: true }
    if (nextLink === null || value.length >= wanted || pages >= mostPages)
      return { value, from, nextLink, isIncomplete }
    from = { link: nextLink }
  }
}

/**
 * Calls a surface and reads its answer; lists inside that were cut are
 * completed.
 *
 * @param what the document's name in the failure
 * @returns `isIncomplete` when a list inside could not be read to its end
 */
export async function fetchDocument<T extends z.ZodType>(
  call: CallSurface,
  request: SurfaceCall,
  schema: T,
  what: string,
): Promise<{ document: z.output<T>; isIncomplete: boolean }> {
  const answer = await call(request)
  const wire = readJson(answer, request.surface)
  const isComplete =
    !answer.text.includes('@odata.nextLink') ||
    (await completeNestedLists(wire, async link => {
      const { body: _, ...reading } = request
      return readJson(await call({ ...reading, method: 'GET', path: { link } }), request.surface)
    }))
  return { document: readDocument(answer, request.surface, schema, what, wire), isIncomplete: !isComplete }
}

/** The failure of a list that has to be whole and is not. */
export function listIncomplete(surface: SurfaceCall['surface']): RemoteError {
  return new RemoteError(namedFailure('list_incomplete', { service: surface }))
}
