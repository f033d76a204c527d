import { expect, test, vi } from 'vitest'
import type { Surface } from '../../src/world.ts'
import { askToken, givenCustomer, givenSimulator, resources } from '../world.ts'

// The first query loads the language: seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

const surfaces: [surface: Surface, path: string, role: string][] = [
  ['graph', '/v1.0/security/runHuntingQuery', 'graph:ThreatHunting.Read.All'],
  ['defender', '/api/advancedhunting/run', 'defender:AdvancedHunting.Read.All'],
  ['endpoint', '/api/advancedqueries/run', 'endpoint:AdvancedQuery.Read.All'],
]

/** A tenant that lets the app hunt on a surface, and the call that does. */
async function givenHunter([surface, path, role]: (typeof surfaces)[number]) {
  const simulator = await givenSimulator()
  const { tenantId } = givenCustomer(simulator)
  simulator.control.grantConsent(tenantId, [role])
  const { body } = await askToken(simulator, tenantId, { scope: `${resources[surface]}/.default` })
  const headers = { authorization: `Bearer ${body.access_token}`, 'content-type': 'application/json' }
  const hunt = async (query: string) => {
    const answer = await fetch(`${simulator.origin}${path}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ Query: query }),
    })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  return { ...simulator, hunt }
}

const rowsOf = (text: string) => text.match(/"x":/g)?.length ?? 0

test.each(surfaces)('on %s the rows of one query can be limited, and are cut there', async (...surface) => {
  const { control, hunt } = await givenHunter(surface)
  control.setHuntingLimits({ rows: 7 })

  const limited = await hunt('range x from 1 to 20 step 1')
  control.setHuntingLimits({})
  const published = await hunt('range x from 1 to 20 step 1')

  expect([limited.status, rowsOf(limited.text)]).toEqual([200, 7])
  expect(rowsOf(published.text)).toBe(20)
})

test.each(surfaces)('on %s an answer larger than the limit is refused with 400', async (...surface) => {
  const { control, hunt } = await givenHunter(surface)
  control.setHuntingLimits({ bytes: 1_000 })

  const { status, text } = await hunt('print x = strrep("ü", 600)')

  expect(status).toBe(400)
  expect(text).toContain('Query execution has exceeded the allowed result size.')
})

test.each([
  [...(surfaces[0] ?? []), 504, '"code":"UnknownError","message":""'],
  [...(surfaces[1] ?? []), 500, 'Query exceeded the timeout period.'],
  [...(surfaces[2] ?? []), 500, 'Query exceeded the timeout period.'],
] as [Surface, string, string, number, string][])(
  'on %s a query that takes longer than the limit is given up',
  async (surface, path, role, status, words) => {
    const { control, hunt } = await givenHunter([surface, path, role])
    control.setHuntingLimits({ seconds: 0.001 })

    const answer = await hunt('range x from 1 to 5000000 step 1 | summarize count() by x % 7')

    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(words)])
  },
)

test.each([
  [...(surfaces[0] ?? []), 'You have exceeded the number of hunting calls allowed: 45 per minute', true],
  [...(surfaces[1] ?? []), 'Maximum allowed 45 per 00:01:00 for the key Destination+TenantID+AppID', false],
  [...(surfaces[2] ?? []), 'Maximum allowed 45 per 00:01:00 for the key Destination+TenantID+AppID', true],
] as [Surface, string, string, string, boolean][])(
  'on %s the 46th hunt of a minute waits for the next',
  async (surface, path, role, words, hasHeader) => {
    const { control, hunt } = await givenHunter([surface, path, role])
    for (let call = 0; call < 45; call++) expect((await hunt('print x=1')).status).toBe(200)

    const refused = await hunt('print x=1')
    control.advanceClock(60_000)
    const later = await hunt('print x=1')

    expect([refused.status, later.status]).toEqual([429, 200])
    expect(refused.text).toContain(words)
    expect(refused.headers.has('retry-after')).toBe(hasHeader)
  },
)

test.each(surfaces)('on %s a spent CPU budget says when to come again', async (...surface) => {
  const { control, hunt } = await givenHunter(surface)
  control.addFault({ service: surface[0], kind: 'quota', times: 1 })

  const refused = await hunt('print x=1')
  const later = await hunt('print x=1')

  expect(refused.status).toBe(429)
  expect(refused.text).toContain(
    'You have exceeded processing resources allocated to this tenant. You can run queries again in 10 minutes.',
  )
  expect(refused.headers.get('retry-after')).toBe(surface[0] === 'defender' ? null : '600')
  expect(later.status).toBe(200)
})
