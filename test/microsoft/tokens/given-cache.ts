import { RemoteError } from '../../../src/errors.ts'
import type { Surface } from '../../../src/microsoft/clouds/clouds.ts'
import type { FailureName } from '../../../src/microsoft/failures/failure-names.ts'
import { namedFailure } from '../../../src/microsoft/failures/named-failure.ts'
import { createTokenCache } from '../../../src/microsoft/tokens/cache.ts'
import { Token } from '../../../src/microsoft/tokens/token.ts'

export const tenant = 'b0b0b0b0-0000-4000-8000-000000000002'

export const minute = 60_000

/** A cache over a mint that the test answers by hand, on a clock that the test moves. */
export function givenCache(options: { limit?: number } = {}) {
  const clock = { at: Date.parse('2026-11-22T10:00:00Z') }
  const now = () => new Date(clock.at)
  const pending: {
    tenantId: string
    surface: Surface
    resolve(token: Token): void
    reject(error: unknown): void
  }[] = []
  const refreshFailures: string[] = []
  const cache = createTokenCache({
    scope: 'global|app',
    now,
    random: () => 0,
    mint: (tenantId, surface) => {
      const { promise, resolve, reject } = Promise.withResolvers<Token>()
      pending.push({ tenantId, surface, resolve, reject })
      return promise
    },
    onRefreshFailed: ({ failure }) => refreshFailures.push(failure.code),
    ...options,
  })

  let made = 0
  const token = (roles: string[] = [], lifeMinutes = 60) =>
    new Token(`secret-${++made}`, {
      tenantId: tenant,
      surface: 'graph',
      roles,
      expiresAt: new Date(clock.at + lifeMinutes * minute),
      refreshAt: new Date(clock.at + (lifeMinutes - 10) * minute),
    })

  async function given(value: Token, tenantId = tenant) {
    const acquired = cache.acquire(tenantId, 'graph')
    await answered(value)
    return acquired
  }
  async function answered(value: Token | RemoteError) {
    const flight = pending.shift()
    if (value instanceof Token) flight?.resolve(value)
    else flight?.reject(value)
    await new Promise(resolve => setImmediate(resolve))
  }

  return { cache, clock, pending, token, given, answered, refreshFailures }
}

export function failure(code: FailureName, retryAfterSeconds: number | null = null) {
  return new RemoteError(namedFailure(code, { service: 'entra', retryAfterSeconds }))
}
