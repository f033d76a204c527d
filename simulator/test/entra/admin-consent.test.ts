import { expect, test } from 'vitest'
import type { Simulator } from '../../src/index.ts'
import { demoRegistration, requiredPermissions } from '../../src/registration.ts'
import type { CustomerProfile } from '../../src/world.ts'
import { Browser, type Page } from '../browser.ts'
import { consentAddress, givenCustomer, givenSimulator, personWith, resources } from '../world.ts'

type Scene = { simulator: Simulator; customer: CustomerProfile; browser: Browser }

async function givenScene(): Promise<Scene> {
  const simulator = await givenSimulator()
  return { simulator, customer: givenCustomer(simulator), browser: new Browser(simulator.origin) }
}

/** Opens the link and signs in with a role of the tenant. */
async function arrive(
  { customer, browser }: Scene,
  role: string | null = 'Global Administrator',
  address = consentAddress(customer.tenantId),
): Promise<Page> {
  const page = await browser.open(address)
  return browser.press(page, `Sign in as ${personWith(customer, role)}`)
}

test.each(['v1', 'v2'])('an administrator accepts by the %s link', async version => {
  const scene = await givenScene()
  const { simulator, customer, browser } = scene
  const page = await arrive(scene, 'Global Administrator', consentAddress(customer.domain, {}, version))

  const { location } = await browser.press(page, 'Accept')

  expect(Object.fromEntries(location?.searchParams ?? [])).toEqual({
    admin_consent: 'True',
    tenant: customer.tenantId,
    state: 'state-1',
    ...(version === 'v2' && { scope: `${resources.graph}/.default` }),
  })
  const report = simulator.control.tenant(customer.tenantId)
  expect(report.principal).toBe('present')
  expect(report.roles.graph).toContain('ThreatHunting.Read.All')
  expect(report.roles.endpoint).toContain('Machine.Isolate')
  expect(report.consentedBy?.username).toBe(personWith(customer, 'Global Administrator'))
})

test('the consent page says who asks, for what, and who is signed in', async () => {
  const scene = await givenScene()

  const { text } = await arrive(scene, 'Privileged Role Administrator')

  expect(text).toContain('Permissions requested')
  expect(text).toContain('<strong>Tenantry</strong> by Northwind Defence')
  expect(text).toContain('SecurityIncident.ReadWrite.All')
  expect(text).toContain('Isolate machine')
  expect(text).toContain(`Signed in as ${personWith(scene.customer, 'Privileged Role Administrator')}`)
})

test('cancelling has another shape for each version', async () => {
  const scene = await givenScene()
  const { simulator, customer, browser } = scene

  const v2 = await browser.press(await arrive(scene), 'Cancel')
  const again = await browser.open(consentAddress(customer.tenantId, {}, 'v1'))
  const v1Page = await browser.press(again, `Continue as ${personWith(customer, 'Global Administrator')}`)
  const v1 = await browser.press(v1Page, 'Cancel')

  expect(v2.location?.searchParams.get('error')).toBe('consent_required')
  expect(v2.location?.searchParams.get('error_description')).toMatch(/^AADSTS65004: /)
  expect(v2.location?.searchParams.get('admin_consent')).toBe('True')
  expect(v2.location?.searchParams.has('tenant')).toBe(false)
  expect(v1.location?.searchParams.get('error')).toBe('permission_denied')
  expect(v1.location?.searchParams.has('admin_consent')).toBe(false)
  expect(simulator.control.tenant(customer.tenantId).principal).toBe('absent')
})

test.each([null, 'Application Administrator', 'Security Administrator'])(
  'the role %s may not grant permissions of Graph',
  async role => {
    const scene = await givenScene()

    const page = await arrive(scene, role)
    const { location } = await scene.browser.press(page, 'Return to the application without granting consent')

    expect(page.text).toContain('AADSTS90094')
    expect(location?.searchParams.get('error')).toBe('access_denied')
    expect(location?.searchParams.get('error_subcode')).toBe('cancel')
  },
)

test('without Graph among the permissions an application administrator may grant', async () => {
  const scene = await givenScene()
  for (const { surface, role } of requiredPermissions) {
    if (surface === 'graph') scene.simulator.control.removePermission(surface, role)
  }

  const page = await arrive(scene, 'Application Administrator')
  const { location } = await scene.browser.press(page, 'Accept')

  expect(location?.searchParams.get('tenant')).toBe(scene.customer.tenantId)
})

test('a tenant without the product is told so by 650052', async () => {
  const scene = await givenScene()
  scene.simulator.control.setLicenses(scene.customer.tenantId, ['office365'])

  const { location } = await arrive(scene)

  expect(location?.searchParams.get('error')).toBe('invalid_client')
  expect(location?.searchParams.get('error_description')).toMatch(/^AADSTS650052: /)
  expect(location?.searchParams.get('admin_consent')).toBe('True')
})

test.each([
  ['decline-v1', 'permission_denied', 'AADSTS65004'],
  ['decline-v2', 'consent_required', 'AADSTS65004'],
  ['decline-access-denied', 'access_denied', 'AADSTS65004'],
  ['90033', 'temporarily_unavailable', 'AADSTS90033'],
  ['ca-error', 'invalid_grant', 'AADSTS50097'],
  ['650051', 'invalid_client', 'AADSTS650051'],
  ['650052', 'invalid_client', 'AADSTS650052'],
] as const)('the outcome %s can be arranged for one tenant', async (outcome, error, code) => {
  const scene = await givenScene()
  scene.simulator.control.setNextConsent(outcome, scene.customer.domain)

  const { location } = await scene.browser.press(await arrive(scene), 'Accept')

  expect(location?.searchParams.get('error')).toBe(error)
  expect(location?.searchParams.get('error_description')).toContain(code)
  expect(scene.simulator.control.tenant(scene.customer.tenantId).principal).toBe('absent')
})

test('a refusal can come with a subcode and without a word', async () => {
  const scene = await givenScene()
  scene.simulator.control.setNextConsent('decline-without-description')

  const { location } = await scene.browser.press(await arrive(scene), 'Accept')

  expect(Object.fromEntries(location?.searchParams ?? [])).toEqual({
    error: 'access_denied',
    error_subcode: 'cancel',
    state: 'state-1',
  })
})

test('an administrator can be told that another must approve', async () => {
  const scene = await givenScene()
  scene.simulator.control.setNextConsent('90094')

  const page = await arrive(scene)

  expect(page.text).toContain('Need admin approval')
})

test('a grant can be made although the redirect fails', async () => {
  const scene = await givenScene()
  scene.simulator.control.setNextConsent('500113-after-grant')

  const page = await scene.browser.press(await arrive(scene), 'Accept')

  expect(page.status).toBe(400)
  expect(page.text).toContain('AADSTS500113')
  expect(scene.simulator.control.tenant(scene.customer.tenantId).principal).toBe('present')
})

test('the answer can fail to come, or name another tenant', async () => {
  const scene = await givenScene()
  scene.simulator.control.setNextConsent('no-answer')
  const silent = await scene.browser.press(await arrive(scene), 'Accept')
  scene.simulator.control.setNextConsent('wrong-tenant')
  const page = await scene.browser.open(consentAddress(scene.customer.tenantId))
  const consent = await scene.browser.press(
    page,
    `Continue as ${personWith(scene.customer, 'Global Administrator')}`,
  )

  const { location } = await scene.browser.press(consent, 'Accept')

  expect(silent.location).toBeUndefined()
  expect(location?.searchParams.get('admin_consent')).toBe('True')
  expect(location?.searchParams.get('tenant')).not.toBe(scene.customer.tenantId)
})

test('a consent page counts once', async () => {
  const scene = await givenScene()
  const page = await arrive(scene)
  await scene.browser.press(page, 'Accept')

  const again = await scene.browser.press(page, 'Accept')

  expect(again.status).toBe(400)
  expect(again.text).toContain('AADSTS90100')
})

test.each<[string, Record<string, string>, string, number]>([
  ['an unknown tenant', {}, 'nobody.example', 90002],
  ['another redirect URI', { redirect_uri: 'https://elsewhere.example/' }, '', 50011],
  ['an unknown client', { client_id: '00000000-0000-4000-8000-000000000000' }, '', 700016],
  ['a v2 link without redirect URI', { redirect_uri: '' }, '', 900144],
  ['common on the v2 link', {}, 'common', 900144],
])('%s ends on a page of Entra’s', async (_what, changes, segment, code) => {
  const { customer, browser } = await givenScene()

  const page = await browser.open(consentAddress(segment || customer.tenantId, changes))

  expect(page.status).toBe(400)
  expect(page.location).toBeUndefined()
  expect(page.text).toContain(`AADSTS${code}`)
})

test('a link for a tenant of another cloud ends on a page', async () => {
  const { simulator, browser } = await givenScene()
  const tenant = simulator.world.customers().find(({ regionSubScope }) => regionSubScope === 'DODCON')

  const page = await browser.open(consentAddress(tenant?.tenantId ?? ''))

  expect(page.text).toContain('AADSTS90038')
})

test('a v2 link without scope, or mixing kinds of scopes, goes back as an error', async () => {
  const { customer, browser } = await givenScene()

  const none = await browser.open(consentAddress(customer.tenantId, { scope: '' }))
  const mixed = await browser.open(
    consentAddress(customer.tenantId, { scope: `${resources.graph}/.default User.Read` }),
  )

  expect(none.location?.searchParams.get('error')).toBe('invalid_request')
  expect(mixed.location?.searchParams.get('error')).toBe('invalid_scope')
})

test('dynamic scopes bring the app into the tenant without app roles', async () => {
  const scene = await givenScene()
  const address = consentAddress(scene.customer.tenantId, { scope: 'User.Read' })

  await scene.browser.press(await arrive(scene, 'Global Administrator', address), 'Accept')

  const report = scene.simulator.control.tenant(scene.customer.tenantId)
  expect(report.principal).toBe('present')
  expect(report.roles).toEqual({ graph: [], defender: [], endpoint: [] })
})

test('HTML in the state is stripped', async () => {
  const scene = await givenScene()
  const address = consentAddress(scene.customer.tenantId, { state: 'a<b>c</b>d' })

  const { location } = await scene.browser.press(
    await arrive(scene, 'Global Administrator', address),
    'Accept',
  )

  expect(location?.searchParams.get('state')).toBe('acd')
})

test('consent again replaces the list of roles', async () => {
  const scene = await givenScene()
  const { control } = scene.simulator
  control.grantConsent(scene.customer.tenantId)
  control.removePermission('endpoint', 'Machine.Isolate')
  control.addPermission({
    surface: 'endpoint',
    role: 'Machine.RestrictExecution',
    id: '96b6b35d-074d-4e2d-b167-8d68d9269648',
  })

  const page = await arrive(scene)
  await scene.browser.press(page, 'Accept')

  const { roles } = control.tenant(scene.customer.tenantId)
  expect(roles.endpoint).not.toContain('Machine.Isolate')
  expect(roles.endpoint).toContain('Machine.RestrictExecution')
})

test('the older partner link consents for everybody and answers with a code', async () => {
  const scene = await givenScene()
  const query = new URLSearchParams({
    client_id: demoRegistration.clientId,
    response_type: 'code',
    prompt: 'admin_consent',
    sso_reload: 'true',
    sim_tenant: scene.customer.tenantId,
  })

  const page = await arrive(scene, 'Global Administrator', `/common/oauth2/authorize?${query}`)
  const { location } = await scene.browser.press(page, 'Accept')

  expect(location?.searchParams.get('code')).toBeTruthy()
  expect(location?.searchParams.has('tenant')).toBe(false)
  expect(scene.simulator.control.tenant(scene.customer.tenantId).principal).toBe('present')
})
