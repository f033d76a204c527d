/**
 * Divides a stream in the order of tenants into one stream per tenant; what a
 * reader leaves of a tenant's stream is skipped. Holds one item.
 */
export async function* groupByTenant<T extends { tenantId: string }>(
  items: AsyncIterable<T>,
): AsyncGenerator<{ tenantId: string; items: AsyncGenerator<T> }> {
  const all = items[Symbol.asyncIterator]()
  let next = await all.next()

  async function* itemsOf(tenantId: string): AsyncGenerator<T> {
    while (!next.done && next.value.tenantId === tenantId) {
      yield next.value
      next = await all.next()
    }
  }

  try {
    while (!next.done) {
      const { tenantId } = next.value
      yield { tenantId, items: itemsOf(tenantId) }
      while (!next.done && next.value.tenantId === tenantId) next = await all.next()
    }
  } finally {
    await all.return?.()
  }
}
