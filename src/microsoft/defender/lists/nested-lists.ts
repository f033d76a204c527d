const suffix = '@odata.nextLink'

/** Requests for one document; whoever needs more reads the list by itself. */
const mostRequests = 20

/**
 * Completes lists inside a document, such as an incident's `alerts`: a service
 * may cut them like any other and put `alerts@odata.nextLink` beside them.
 * Changes the document.
 *
 * @param follow reads the document behind a link
 * @returns false when a list did not end within the bound
 * @see OData JSON Format 4.01, 4.5.5 "odata.nextLink"
 */
export async function completeNestedLists(
  document: unknown,
  follow: (link: string) => Promise<unknown>,
): Promise<boolean> {
  let requests = 0
  const open: unknown[] = [document]
  while (open.length > 0) {
    const one = open.pop()
    if (Array.isArray(one)) open.push(...one)
    if (!isObject(one)) continue
    for (const { list, link } of cutLists(one)) {
      let next: string | null = link
      while (next !== null) {
        if (requests >= mostRequests) return false
        requests += 1
        const page = await follow(next)
        list.push(...elementsOf(page))
        next = linkOf(page)
      }
    }
    open.push(...Object.values(one))
  }
  return true
}

function cutLists(object: Record<string, unknown>): { list: unknown[]; link: string }[] {
  return Object.entries(object).flatMap(([name, link]) => {
    if (!name.endsWith(suffix) || name === suffix || typeof link !== 'string') return []
    const property = name.slice(0, -suffix.length)
    const list = object[property]
    if (Array.isArray(list)) return [{ list, link }]
    if (list !== undefined && list !== null) return []
    // A list may be left out altogether where the link leads to all of it.
    const made: unknown[] = []
    Object.defineProperty(object, property, { value: made, enumerable: true, writable: true })
    return [{ list: made, link }]
  })
}

function elementsOf(page: unknown): unknown[] {
  return isObject(page) && Array.isArray(page.value) ? page.value : []
}

function linkOf(page: unknown): string | null {
  const link = isObject(page) ? (page[suffix] ?? page.nextLink) : null
  return typeof link === 'string' ? link : null
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
