import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { ConfidentialClientApplication } from '@azure/msal-node'
import { createEndpoints } from '../src/microsoft/clouds/endpoints.ts'
import { createMemoryQuotaStore, createQuotas, createRemote } from '../src/microsoft/http/index.ts'
import { createTokens, type Tokens } from '../src/microsoft/tokens/index.ts'
import { collect } from './collect.ts'
import type { Report } from './report.ts'

const clientId = 'c1d2e3f4-0000-4000-8000-00000000c11d'
const msalTenants = 4_000

/** Cost of tokens, cold and kept, against MSAL's own cache. */
export async function run(report: Report): Promise<void> {
  const worker = new Worker(new URL('./token-server.ts', import.meta.url))
  const [{ port }] = (await once(worker, 'message')) as [{ port: number }]
  const remote = createRemote({ quotas: createQuotas({ store: createMemoryQuotaStore() }) })

  const make = () =>
    createTokens({
      endpoints: createEndpoints('global', {
        login: `http://127.0.0.1:${port}`,
        graph: null,
        defender: null,
        endpoint: null,
      }),
      clientId,
      credentials: [{ kind: 'secret', secret: 'bench', label: 'client secret' }],
      remote,
    })
  const requests = async () => {
    worker.postMessage('requests')
    const [answer] = (await once(worker, 'message')) as [{ requests: number }]
    return answer.requests
  }

  try {
    await measureSharing(make(), requests, report)
    const large = make()
    await measureCold(large, report)
    const small = [10, 1_000].map(count => ({ count, tokens: make() }))
    for (const { count, tokens } of small) await fill(tokens, count)
    const costNs = await measureKept([...small, { count: 10_000, tokens: large }], report)
    await measureMsal(costNs, report)
  } finally {
    await remote.close()
    await worker.terminate()
  }
}

async function measureSharing(
  tokens: Tokens,
  requests: () => Promise<number>,
  report: Report,
): Promise<void> {
  const before = await requests()
  await Promise.all(Array.from({ length: 1_000 }, () => tokens.acquire(tenant(0), 'graph')))
  const made = (await requests()) - before
  report.target('1,000 simultaneous callers for one token', `${made} request`, made === 1)
}

async function measureCold(tokens: Tokens, report: Report): Promise<void> {
  const before = usedBytes()
  const startedAt = performance.now()
  await fill(tokens, 10_000)
  const seconds = (performance.now() - startedAt) / 1000
  const bytes = (usedBytes() - before) / 10_000

  report.figure('10,000 cold tokens', `${seconds.toFixed(1)} s, ${Math.round(10_000 / seconds)} a second`)
  report.figure('memory per kept token (a token is about 1.4 KB of text)', `${Math.round(bytes)} bytes`)
  report.target(
    '10,000 cold tokens are all kept',
    String(tokens.stats().size),
    tokens.stats().size === 10_000,
  )
}

type Cache = { count: number; tokens: Tokens }

/**
 * Two orders: tenants one after the other, as a hunt over all of them asks,
 * and shuffled. Shuffled, even a bare Map of 10,000 tenants is several times
 * slower than one of 10, for it no longer fits the processor's own caches: a
 * hit is held against a Map that is asked the same, too.
 *
 * @returns nanoseconds of a hit among 10,000 tenants, in the slower order
 */
async function measureKept(caches: Cache[], report: Report): Promise<number> {
  const inTurn = await costsOfHits(caches, 1, 'in turn', report)
  const shuffled = await costsOfHits(caches, 7_919, 'shuffled', report)

  const growth = growthOf(inTurn.map(({ hitNs }) => hitNs))
  report.target('cached acquire is flat (1.5x)', `${growth.toFixed(2)}x`, growth <= 1.5)
  const own = growthOf(shuffled.map(({ hitNs }) => hitNs))
  const bare = growthOf(shuffled.map(({ bareNs }) => bareNs))
  const excess = own / bare
  report.figure('shuffled it grows', `${own.toFixed(2)}x; a bare Map ${bare.toFixed(2)}x`)
  report.target('shuffled it is as flat as a bare Map (1.5x)', `${excess.toFixed(2)}x`, excess <= 1.5)
  return Math.max(...[...inTurn, ...shuffled].map(({ hitNs }) => hitNs))
}

type HitCost = { hitNs: number; bareNs: number }

/** Medians of rounds that take turns, so that whatever else the machine does falls on all sizes alike. */
async function costsOfHits(
  caches: Cache[],
  stride: number,
  order: string,
  report: Report,
): Promise<HitCost[]> {
  const sizes = caches.map(cache => ({ ...cache, bare: bareMap(cache.count), rounds: [] as HitCost[] }))
  for (let round = 0; round < 21; round++) {
    for (const { count, tokens, bare, rounds } of sizes) {
      const makingNs = await costOf(() => settled, count, stride)
      const hitNs = (await costOf(id => tokens.acquire(id, 'graph'), count, stride)) - makingNs
      const bareNs = (await costOf(id => bare.get(id) ?? settled, count, stride)) - makingNs
      rounds.push({ hitNs, bareNs })
    }
  }
  return sizes.map(({ count, rounds }) => {
    const hitNs = median(rounds.map(round => round.hitNs))
    const bareNs = median(rounds.map(round => round.bareNs))
    const label = `cached acquire, ${count.toLocaleString('en')} tenants ${order}`
    report.figure(label, `${Math.round(hitNs)} ns; a bare Map ${Math.round(bareNs)} ns`)
    return { hitNs, bareNs }
  })
}

const settled = Promise.resolve()
const calls = 100_000

/**
 * Nanoseconds a call. The tenant's id is made for each call, as a caller has
 * just read it from a row or an address: ids kept in a list would be fetched
 * from main memory by their thousands, which is the list's cost.
 */
async function costOf(
  call: (tenantId: string) => Promise<unknown>,
  count: number,
  stride: number,
): Promise<number> {
  const startedAt = performance.now()
  for (let index = 0; index < calls; index++) await call(tenant((index * stride) % count))
  return ((performance.now() - startedAt) * 1e6) / calls
}

function bareMap(count: number): Map<string, Promise<unknown>> {
  return new Map(Array.from({ length: count }, (_, index) => [tenant(index), Promise.resolve(index)]))
}

function growthOf(costs: number[]): number {
  return Math.max(...costs) / Math.min(...costs)
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

async function measureMsal(ourNs: number, report: Report): Promise<void> {
  const body = {
    token_type: 'Bearer',
    expires_in: 3600,
    ext_expires_in: 3600,
    access_token: 'x'.repeat(1_400),
  }
  const answer = async <T>() => ({ status: 200, headers: {}, body: { ...body } as T })
  const client = new ConfidentialClientApplication({
    auth: { clientId, clientSecret: 'bench', authority: `https://login.microsoftonline.com/${tenant(0)}` },
    system: { networkClient: { sendGetRequestAsync: answer, sendPostRequestAsync: answer } },
  })
  const acquire = (index: number) =>
    client.acquireTokenByClientCredential({
      scopes: ['https://graph.microsoft.com/.default'],
      authority: `https://login.microsoftonline.com/${tenant(index)}`,
    })

  for (let index = 0; index < msalTenants; index++) await acquire(index)
  const asked = 200
  const startedAt = performance.now()
  for (let index = 0; index < asked; index++) await acquire((index * 7_919) % msalTenants)
  const ns = ((performance.now() - startedAt) * 1e6) / asked

  report.figure('MSAL’s shared cache, 4,000 tenants', `${(ns / 1e6).toFixed(2)} ms`)
  const factor = ns / ourNs
  report.target('faster than MSAL’s shared cache (500x)', `${Math.round(factor)}x`, factor >= 500)
}

/** One after the other per tenant, as many at once as the token layer lets through. */
async function fill(tokens: Tokens, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, index) => tokens.acquire(tenant(index), 'graph')))
}

function tenant(index: number): string {
  return `b0b0b0b0-0000-4000-8000-${index.toString(16).padStart(12, '0')}`
}

function usedBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}
