import { expect, test } from 'vitest'
import type { Alert } from '../../../src/microsoft/defender/index.ts'
import { allSynced } from '../../helpers/incidents.ts'
import { defenderRoles, endpointRoles, failureOf, givenDefender, graphRoles, type Setup } from './setup.ts'

/** Ids of alerts that Defender for Endpoint raised. */
async function endpointAlerts({ defender, tenant }: Setup): Promise<string[]> {
  const incidents = await allSynced(defender, tenant.tenantId, defenderRoles)
  return incidents
    .flatMap(({ alerts }) => alerts ?? [])
    .filter(({ alert }) => alert.serviceSource === 'microsoftDefenderForEndpoint')
    .map(({ alert }) => alert.id)
}

test('one alert is the same on Graph and on Defender for Endpoint', async () => {
  const setup = await givenDefender()
  const { defender, tenant } = setup
  const ids = (await endpointAlerts(setup)).slice(0, 3)
  expect(ids).toHaveLength(3)

  for (const id of ids) {
    const graph = await defender.getAlert(tenant.tenantId, graphRoles, id)
    const endpoint = await defender.getAlert(tenant.tenantId, endpointRoles, id)

    const same = ({ evidence, recommendedActions, serviceSource, actorName, surface, ...rest }: Alert) => rest
    expect(same(endpoint)).toEqual(same(graph))
    expect(endpoint.evidence[0]?.kind).toBe('device')
  }
})

test('an alert by its id needs a surface that has it', async () => {
  const setup = await givenDefender()
  const { defender, tenant } = setup
  const [alertId = ''] = await endpointAlerts(setup)

  const onlyXdr = defender.getAlert(tenant.tenantId, defenderRoles, alertId)
  await expect(onlyXdr).rejects.toMatchObject({ failure: { code: 'role_missing' } })
  const both = await defender.getAlert(tenant.tenantId, [...defenderRoles, ...endpointRoles], alertId)
  const unknown = await failureOf(defender.getAlert(tenant.tenantId, graphRoles, 'da0_-1'))
  const impossible = defender.getAlert(tenant.tenantId, graphRoles, '../incidents')
  await expect(impossible).rejects.toMatchObject({ code: 'not_found' })

  expect(both.surface).toBe('endpoint')
  expect(unknown.code).toBe('not_found')
})
