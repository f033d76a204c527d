import { expect, test, vi } from 'vitest'
import { defenderRoutes } from '../../src/defender/index.ts'
import { endpointRoutes } from '../../src/endpoint/index.ts'
import { errorOf, makeWorld, startApi } from '../data/simulated-api.ts'

// The first query loads the language: seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 })

function start(surface: 'defender' | 'endpoint', index = 0) {
  const world = makeWorld()
  const tenantId = world.profiles[index]?.tenantId ?? ''
  return surface === 'defender'
    ? startApi(defenderRoutes, { surface, tenantId, roles: ['AdvancedHunting.Read.All'] }, world)
    : startApi(endpointRoutes, { surface, tenantId, roles: ['AdvancedQuery.Read.All'] }, world)
}

const query = 'DeviceProcessEvents | project Timestamp, FileName | take 2'

test('Defender XDR answers with what the query cost', async () => {
  const answer = await start('defender').send('POST', '/api/advancedhunting/run', { Query: query })

  expect(answer.body).toMatchObject({
    Stats: {
      ExecutionTime: expect.any(Number),
      resource_usage: { cpu: { user: expect.stringMatching(/^00:00:\d\d\.\d{7}$/) } },
      dataset_statistics: [{ table_row_count: 2 }],
    },
    Schema: [
      { Name: 'Timestamp', Type: 'DateTime' },
      { Name: 'FileName', Type: 'String' },
    ],
    Results: [{ FileName: expect.any(String) }, { FileName: expect.any(String) }],
  })
})

test('Defender for Endpoint answers about devices and alerts, and knows no mail', async () => {
  const api = start('endpoint')

  const devices = await api.send('POST', '/api/advancedqueries/run', { Query: query })
  const versioned = await api.get(`/api/v1.0/advancedqueries?key=${encodeURIComponent(query)}`)
  const mail = await api.send('POST', '/api/advancedqueries/run', { Query: 'EmailEvents | take 1' })

  expect(Object.keys(devices.body)).toEqual(['Schema', 'Results'])
  expect(versioned.status).toBe(200)
  expect([mail.status, errorOf(mail).code]).toEqual([400, 'BadRequest'])
})

test('body names are read as they are spelled', async () => {
  const answer = await start('defender').send('POST', '/api/advancedhunting/run', { query })

  expect([answer.status, errorOf(answer).code]).toEqual([400, 'InvalidRequestBody'])
})
