import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliStage, startCliStage } from './stage.ts'

let stage: CliStage

beforeAll(async () => {
  stage = await startCliStage()
})

afterAll(() => stage?.close())

test('suspend stops the running server, resume lets it call again', async () => {
  const { customer, run, post } = stage
  const check = () => post(`/tenants/${customer.tenantId}/verification`, {})

  const suspended = await run('suspend', customer.domain, '--reason', 'stolen key', '--json')
  const refused = await check()
  const resumed = await run('resume', customer.domain)
  const answered = await check()

  expect(JSON.parse(suspended.data)).toMatchObject({ tenantId: customer.tenantId, reason: 'stolen key' })
  expect(refused.status).toBe(503)
  expect(await refused.json()).toMatchObject({ code: 'suspended' })
  expect(resumed).toMatchObject({ code: 0, words: expect.stringContaining('Calls go out again.') })
  expect(answered.status).toBe(200)
})

test('without a tenant it is everything, and a reason must be given', async () => {
  const { customer, run } = stage

  const unreasoned = await run('suspend')
  await run('suspend', '--reason', 'all of it')
  const token = await run('token', customer.tenantId)
  const resumed = await run('resume', '--json')

  expect(unreasoned.code).toBe(2)
  expect(token).toMatchObject({ code: 1, data: '', words: expect.stringContaining('suspended') })
  expect(JSON.parse(resumed.data)).toEqual({ resumed: true, suspended: [] })
})
