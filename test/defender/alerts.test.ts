import { expect, test } from 'vitest'
import type { Alert } from '../../src/defender/index.ts'
import { defenderRoles, endpointRoles, failureOf, givenDefender, graphRoles } from './setup.ts'

const alertRoles = [graphRoles, defenderRoles, endpointRoles]

test('alerts come from whichever surface is open, with their evidence', async () => {
  const { defender, tenant } = await givenDefender()

  const pages = await Promise.all(
    alertRoles.map(roles => defender.listAlerts(tenant.tenantId, roles, { limit: 20 })),
  )

  expect(pages.map(({ surface }) => surface)).toEqual(['graph', 'defender', 'endpoint'])
  for (const { items } of pages) {
    expect(items.length).toBeGreaterThan(0)
    expect(items.some(({ evidence }) => evidence.length > 0)).toBe(true)
    expect(items.flatMap(({ unfamiliar }) => unfamiliar)).toEqual([])
  }
})

test('pages of alerts hold every alert once', async () => {
  const { defender, tenant } = await givenDefender()

  for (const roles of alertRoles) {
    const found: Alert[] = []
    let cursor: string | null = null
    do {
      const page: { items: Alert[]; nextCursor: string | null } = await defender.listAlerts(
        tenant.tenantId,
        roles,
        { limit: 60, cursor },
      )
      found.push(...page.items)
      cursor = page.nextCursor
    } while (cursor !== null)

    expect(new Set(found.map(({ id }) => id)).size).toBe(found.length)
    expect(found.length).toBeGreaterThan(5)
  }
})

test('alerts are narrowed by severity and status on every surface', async () => {
  const { defender, tenant } = await givenDefender()

  for (const roles of alertRoles) {
    const { items } = await defender.listAlerts(tenant.tenantId, roles, { severity: 'high', status: 'new' })

    for (const alert of items) expect(alert).toMatchObject({ severity: 'high', status: 'new' })
  }
})

test('one alert is the same on Graph and on Defender for Endpoint', async () => {
  const { defender, tenant } = await givenDefender()
  const { items } = await defender.listAlerts(tenant.tenantId, endpointRoles, { limit: 3 })

  for (const { id } of items) {
    const graph = await defender.getAlert(tenant.tenantId, graphRoles, id)
    const endpoint = await defender.getAlert(tenant.tenantId, endpointRoles, id)

    const same = ({ evidence, recommendedActions, serviceSource, actorName, surface, ...rest }: Alert) => rest
    expect(same(endpoint)).toEqual(same(graph))
    expect(endpoint.evidence[0]?.kind).toBe('device')
  }
})

test('an alert by its id needs a surface that has it', async () => {
  const { defender, tenant } = await givenDefender()
  const [alert] = (await defender.listAlerts(tenant.tenantId, endpointRoles, { limit: 1 })).items

  const onlyXdr = defender.getAlert(tenant.tenantId, defenderRoles, alert?.id ?? '')
  await expect(onlyXdr).rejects.toMatchObject({ code: 'role_missing' })
  const both = await defender.getAlert(tenant.tenantId, [...defenderRoles, ...endpointRoles], alert?.id ?? '')
  const unknown = await failureOf(defender.getAlert(tenant.tenantId, graphRoles, 'da0_-1'))
  const impossible = defender.getAlert(tenant.tenantId, graphRoles, '../incidents')
  await expect(impossible).rejects.toMatchObject({ code: 'not_found' })

  expect(both.surface).toBe('endpoint')
  expect(unknown.code).toBe('not_found')
})
