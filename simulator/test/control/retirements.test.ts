import { expect, test } from 'vitest'
import { askToken, givenCustomer, givenSimulator, resources } from '../world.ts'

test('a retired API answers as it was told, by host name and tenant, until it is restored', async () => {
  const world = await givenSimulator()
  const { control, origin } = world
  const { tenantId } = givenCustomer(world)
  control.grantConsent(tenantId)
  const { body } = await askToken(world, tenantId, { scope: `${resources.endpoint}/.default` })
  const machines = async (at = origin) => {
    const headers = { authorization: `Bearer ${body.access_token}` }
    const answer = await fetch(`${at}/api/machines?$top=1`, { headers })
    return { status: answer.status, text: await answer.text() }
  }
  const retire = (settings: object) =>
    fetch(`${origin}/__simulator/retire-api`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ surface: 'endpoint', ...settings }),
    })

  await retire({ answer: '404', host: '127.0.0.1' })
  const notFound = await machines()
  const elsewhere = await machines(origin.replace('127.0.0.1', 'localhost'))
  control.restoreApis()
  await retire({ tenant: tenantId })
  const gone = await machines()
  control.restoreApis()
  await retire({ answer: 'none' })
  const silent = machines()

  await expect(silent).rejects.toThrow()
  expect([notFound.status, elsewhere.status, gone.status]).toEqual([404, 200, 410])
  expect(notFound.text).toContain('<!DOCTYPE html>')
  expect(JSON.parse(gone.text).error.code).toBe('Gone')
  control.restoreApis()
  expect((await machines()).status).toBe(200)
})

test('Defender for Endpoint can take the token of another resource at one of its names', async () => {
  const world = await givenSimulator()
  const { control, origin } = world
  const { tenantId } = givenCustomer(world)
  control.grantConsent(tenantId, ['endpoint:Machine.Read.All', 'defender:Machine.Read.All'])
  control.setEndpointAudience('127.0.0.1', 'defender')
  const statusWith = async (resource: string) => {
    const { body } = await askToken(world, tenantId, { scope: `${resource}/.default` })
    const headers = { authorization: `Bearer ${body.access_token}` }
    return (await fetch(`${origin}/api/machines?$top=1`, { headers })).status
  }

  expect([await statusWith(resources.endpoint), await statusWith(resources.defender)]).toEqual([401, 200])
})
