import { expect, test } from 'vitest'
import { askToken, givenCustomer, givenSimulator, resources } from '../world.ts'

test.each([
  ['Failed', -2_147_467_259],
  ['TimeOut', 0],
] as const)('the next device action of a tenant can end as %s', async (failure, errorHResult) => {
  const { control, origin, ...simulator } = await givenSimulator()
  const { tenantId } = givenCustomer({ control, origin, ...simulator })
  control.grantConsent(tenantId)
  const { body } = await askToken({ control, origin, ...simulator }, tenantId, {
    scope: `${resources.endpoint}/.default`,
  })
  const headers = { authorization: `Bearer ${body.access_token}`, 'content-type': 'application/json' }
  const api = async (path: string, sent?: object) => {
    const how = sent ? { method: 'POST', headers, body: JSON.stringify(sent) } : { headers }
    return (await fetch(`${origin}/api/${path}`, how)).json()
  }
  const online = "healthStatus eq 'Active' and onboardingStatus eq 'Onboarded' and osPlatform eq 'Windows11'"
  const { value } = await api(`machines?$filter=${encodeURIComponent(online)}`)
  const scan = { Comment: 'case 17', ScanType: 'Quick' }
  control.failNextAction(failure, tenantId)

  const first = await api(`machines/${value[0].id}/runAntiVirusScan`, scan)
  const second = await api(`machines/${value[1].id}/runAntiVirusScan`, scan)
  control.advanceClock(60_000)

  expect(first.status).toBe('Pending')
  expect(await api(`machineactions/${first.id}`)).toMatchObject({ status: failure, errorHResult })
  expect(await api(`machineactions/${second.id}`)).toMatchObject({ status: 'Succeeded', errorHResult: 0 })
})
