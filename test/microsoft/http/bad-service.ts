import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import { type Failure, RemoteError } from '../../../src/errors.ts'
import {
  createMemoryQuotaStore,
  createQuotas,
  createRemote,
  type Remote,
  type RemoteCall,
  type RemoteOptions,
} from '../../../src/microsoft/http/index.ts'
import { type BadServer, json, startBadServer } from './bad-server.ts'

export const tenantId = '6a1e0c1e-9f1d-4a51-8a0e-2c5a4f4f1d01'

export let server: BadServer

export let remote: Remote

export function makeRemote(options: Partial<RemoteOptions> = {}): Remote {
  return createRemote({
    quotas: createQuotas({ store: createMemoryQuotaStore() }),
    random: () => 0,
    ...options,
  })
}

export function get(call: Partial<RemoteCall> = {}): RemoteCall {
  return { service: 'graph', tenantId, method: 'GET', url: server.url(), ...call }
}

export async function failureOf(call: RemoteCall, from = remote): Promise<Failure> {
  try {
    await from.call(call)
  } catch (error) {
    if (error instanceof RemoteError) return error.failure
    throw error
  }
  throw new Error('the call did not fail')
}

/** A server that behaves as told, and a fresh way out before each test. */
export function useBadService(): void {
  beforeAll(async () => {
    server = await startBadServer()
  })
  afterAll(() => server.close())
  beforeEach(() => {
    server.requests.length = 0
    server.behave(json({ ok: true }))
    remote = makeRemote()
  })
  afterEach(() => remote.close())
}
