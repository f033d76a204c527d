import type { IncidentFilters } from '../src/incidents/model.ts'
import type { Services } from '../src/services.ts'
import { type Actor, systemActor } from '../src/tenants/actor.ts'
import type { Report } from './report.ts'

/** Each of these is asked so often, in turn at both sizes. */
const rounds = 40
const warmUps = 5

const analyst: Actor = {
  ...systemActor,
  kind: 'staff',
  id: 'analyst',
  label: 'analyst-3@partner.example',
  role: 'analyst',
}
/** Sees a twentieth of the tenants. */
const limited: Actor = { ...analyst, tenants: { tags: ['region-3'], ids: [] } }

const open = ['active', 'inProgress', 'awaitingAction']
const tenant = (number: number) => `b0b0b0b0-0000-4000-8000-${number.toString(16).padStart(12, '0')}`

type Question = [name: string, ask: (services: Services, round: number) => Promise<unknown>]

const page =
  (
    filters: IncidentFilters,
    actor = analyst,
    sort: '-updatedAt' | '-createdAt' | '-severity' = '-updatedAt',
  ) =>
  ({ queue }: Services) =>
    queue.list(actor, filters, { sort, limit: 100 })

const since = (hours: number) => new Date(Date.now() - hours * 3_600_000).toISOString()

/** What the queue's page, its filters and the dashboard ask of the store. */
const questions: Question[] = [
  ['first page', page({ statuses: open })],
  ['first page, by severity', page({ statuses: open }, analyst, '-severity')],
  ['first page, by creation', page({ statuses: open }, analyst, '-createdAt')],
  ['first page, any status', page({})],
  ['first page, one tag of tenants', page({ statuses: open, tag: 'region-7' })],
  ['first page, limited staff', page({ statuses: open }, limited)],
  ['severity', page({ statuses: open, severities: ['high'] })],
  ['status', page({ statuses: ['resolved'] })],
  ['merged', page({ statuses: ['redirected'] })],
  ['assigned to me', page({ statuses: open, assignedTo: analyst.label })],
  ['unassigned', page({ statuses: open, assignedTo: null })],
  ['unassigned and high', page({ statuses: open, severities: ['high'], assignedTo: null })],
  ['tenant', ({ queue }, n) => queue.list(analyst, { statuses: open, tenants: [tenant(n)] }, { limit: 100 })],
  ['product', page({ statuses: open, product: 'azureAdIdentityProtection' })],
  ['category', page({ statuses: open, category: 'CredentialAccess' })],
  ['technique', page({ statuses: open, technique: 'T1003' })],
  ['last hour', page({ statuses: open, updatedSince: since(1) })],
  ['last 30 days', page({ statuses: open, updatedSince: since(720) })],
  ['a common word of the title', page({ statuses: open, search: 'suspic' })],
  [
    'a rare word of the title',
    ({ queue }, n) => queue.list(analyst, { search: `item${1000 + n}` }, { limit: 100 }),
  ],
  [
    'two words of the title',
    ({ queue }, n) => queue.list(analyst, { search: `phish item${1000 + n}` }, { limit: 100 }),
  ],
  ['a word that no title has', page({ statuses: open, search: 'nowhere' })],
  ['a number', ({ queue }, n) => queue.list(analyst, { search: String(100_001 + n) }, { limit: 100 })],
  [
    'a host in the evidence',
    ({ queue }, n) =>
      queue.list(
        analyst,
        { entity: { kind: 'host', value: `host-${n % 9}.00000${n % 10}.example` } },
        { limit: 100 },
      ),
  ],
  [
    'an address in the evidence',
    ({ queue }, n) =>
      queue.list(analyst, { entity: { kind: 'ip', value: `203.0.${n}.${n}` } }, { limit: 100 }),
  ],
  ['what no evidence has', page({ entity: { kind: null, value: 'nothing.example' } })],
  ['counts', ({ queue }) => queue.count(analyst, { statuses: open }, { withoutOwn: true })],
  [
    'counts, severity and assignee',
    ({ queue }) =>
      queue.count(analyst, { statuses: open, severities: ['high'], assignedTo: null }, { withoutOwn: true }),
  ],
  [
    'counts, category',
    ({ queue }) =>
      queue.count(analyst, { statuses: open, category: 'CredentialAccess' }, { withoutOwn: true }),
  ],
  [
    'counts, tenant',
    ({ queue }, n) => queue.count(analyst, { statuses: open, tenants: [tenant(n)] }, { withoutOwn: true }),
  ],
  [
    'counts, a word of the title',
    ({ queue }) => queue.count(analyst, { statuses: open, search: 'suspic' }, { withoutOwn: true }),
  ],
  ['counts, limited staff', ({ queue }) => queue.count(limited, { statuses: open }, { withoutOwn: true })],
  ['how fresh the tenants are', ({ freshness }) => freshness.summarize(analyst)],
  ['dashboard', ({ incidentStatistics }) => incidentStatistics.read(analyst)],
  ['dashboard, limited staff', ({ incidentStatistics }) => incidentStatistics.read(limited)],
]

/** Medians and p95 on the server at both sizes, and how they grow from one to the other. */
export async function measureQueries(small: Services, large: Services, report: Report): Promise<void> {
  for (const [name, ask] of questions) {
    const times: { small: number[]; large: number[] } = { small: [], large: [] }
    const firstMs = await timeOf(() => ask(large, 0))
    for (let round = -warmUps; round < rounds; round++) {
      const [before, now] = [
        await timeOf(() => ask(small, round + warmUps)),
        await timeOf(() => ask(large, round + warmUps)),
      ]
      if (round < 0) continue
      times.small.push(before)
      times.large.push(now)
    }
    const [fastest, median, p95] = [0, 0.5, 0.95].map(part => quantile(times.large, part)) as [
      number,
      number,
      number,
    ]
    const before = quantile(times.small, 0.5)
    const growth = median / before
    // How fast it is where nothing else runs beside it: what a busy machine adds is its own.
    const alone = `fastest ${fastest.toFixed(1)} ms, at 10,000 ${quantile(times.small, 0).toFixed(1)} ms`
    const words = `${median.toFixed(1)} ms, first ${firstMs.toFixed(0)} ms, p95 ${p95.toFixed(1)} ms, ${growth.toFixed(2)}x (${alone})`
    // A difference of two milliseconds is the machine's.
    report.target(name, words, median <= 50 && p95 <= 150 && (growth <= 1.5 || median - before <= 2))
  }
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return performance.now() - startedAt
}

function quantile(numbers: number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}
