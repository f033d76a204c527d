import { expect, vi } from 'vitest'
import { demoRegistration } from '../../../simulator/src/registration.ts'
import { createServices } from '../../../src/services.ts'
import { type Api, apiOf } from '../../helpers/api.ts'
import { createVisitor, type Visitor } from '../../helpers/visitor.ts'
import { makeCertificate } from '../../microsoft/tokens/certificate.ts'
import type { Run } from './run.ts'

/** Staff sign in; one is refused by Entra, one has no role. @returns the administrator */
export async function staffComes(run: Run): Promise<Visitor> {
  const { control } = run.running.simulator
  const admin = await run.signIn('admin@partner.example')
  await run.signIn('analyst@partner.example')
  await run.signIn('newcomer@partner.example')
  control.setNextSignIn({ aadsts: 53003 })
  await run.signIn('reader@partner.example')
  control.addFault({
    service: 'login',
    path: `/${demoRegistration.partnerTenantId}/oauth2/v2.0/token`,
    kind: 'ok-with-error-body',
    times: 1,
  })
  await run.signIn('reader@partner.example')
  return admin
}

/** Keys for programs, by page and as the commands make them; one that was never made is tried too. */
export async function keysAreMade(run: Run, admin: Visitor): Promise<Api> {
  await admin.get('/settings/api-keys')
  const made = await admin.post('/settings/api-keys', { name: 'by page', role: 'reader', tags: '' })
  run.note('API key', /tnt_\w{49}/.exec(made.text)?.[0] ?? '')
  const key = await run.running.apiKey('admin')
  run.note('API key', key.authorization.replace('Bearer ', ''))
  const api = await apiOf(run.running, 'admin')
  await fetch(`${run.running.url}/api/v1/tenants`, {
    headers: { authorization: 'Bearer tnt_nobody-knows-this-key-at-all-0123456789' },
  })
  run.note('API key', 'tnt_nobody-knows-this-key-at-all-0123456789')
  return api
}

/**
 * A customer approves; others decline, replay, forge, come back in another
 * browser, or are told of an error.
 *
 * @returns the tenant that is connected then
 */
export async function customersAnswer(run: Run, admin: Visitor, api: Api): Promise<string> {
  const { control } = run.running.simulator
  const customer = run.nextCustomer()
  const { id, joinUrl } = await run.invite(api, customer)
  await admin.get(`/invitations/${id}`)
  const { visitor, callback, proof } = await run.walk(joinUrl, customer, 'Accept')
  for (const replayed of [callback, proof ?? '']) {
    await visitor.follow(await visitor.get(replayed))
    await createVisitor(run.running.url).get(replayed)
    await fetch(replayed, { method: 'POST', body: new URL(replayed).searchParams, redirect: 'manual' })
  }
  const declined = run.nextCustomer()
  await run.walk((await run.invite(api, declined)).joinUrl, declined, 'Cancel')
  const broken = run.nextCustomer()
  control.addFault({
    service: 'login',
    tenantId: broken.tenantId,
    path: '/token',
    kind: 'truncated-json',
    times: 1,
  })
  await run.walk((await run.invite(api, broken)).joinUrl, broken, 'Accept')
  const forged = new URL(callback)
  forged.searchParams.set('state', 'a-state-that-we-never-gave-0123456789abcdef')
  await visitor.follow(await visitor.get(forged.href))
  await fetch(`${run.running.url}/join/${'x'.repeat(43)}`)
  await expect
    .poll(async () => (await api('GET', `/tenants/${customer.tenantId}`)).body.status, {
      timeout: 120_000,
      interval: 200,
    })
    .toBe('connected')
  return customer.tenantId
}

/** What was looked at and done in the tenant. */
export type Work = { incidentId: string; huntId: string; deviceId: string }

export async function analystsWork(api: Api, tenantId: string): Promise<Work> {
  await api('POST', `/tenants/${tenantId}/verification`)
  const { body: incidents } = await vi.waitFor(
    async () => {
      const stored = await api('GET', `/incidents?tenant=${tenantId}`)
      if (stored.body.items.length === 0) throw new Error('no incident is stored yet')
      return stored
    },
    { timeout: 120_000, interval: 200 },
  )
  const incident = await api('GET', `/incidents/${incidents.items[0].id}`)
  await api(
    'PATCH',
    `/incidents/${incidents.items[0].id}`,
    { tags: ['seen'], comment: 'looked at' },
    {
      'if-match': incident.headers.get('etag') ?? '',
    },
  )
  const { body: hunt } = await api('POST', '/hunts', { query: 'AlertInfo | take 5', tenants: [tenantId] })
  await expect
    .poll(async () => (await api('GET', `/hunts/${hunt.id}`)).body.status, { interval: 200 })
    .toMatch(/^(succeeded|partial|failed)$/)
  await api('GET', `/hunts/${hunt.id}/rows?format=ndjson`)
  const { body: devices } = await api('GET', `/tenants/${tenantId}/devices`)
  const actions = `/tenants/${tenantId}/devices/${devices.items[0].deviceId}/actions`
  await api('POST', actions, { type: 'isolate', comment: 'case 17' })
  await api('GET', actions)
  const [{ incidentId }] = incidents.items
  return { incidentId, huntId: hunt.id, deviceId: devices.items[0].deviceId }
}

/** A wrong secret, an unknown certificate, one that signs; all in a process with a log of its own. */
export async function otherCredentialsAreTried(run: Run, tenantId: string): Promise<void> {
  const { control } = run.running.simulator
  const [unknown, known] = [makeCertificate(), makeCertificate()]
  control.registerCertificate(known.certificatePem)
  run.note('client secret', 'a-secret-that-is-wrong-0123456789')
  for (const { pem } of [unknown, known]) run.note('private key', pem.split('\n')[4] ?? '')
  const services = await createServices(
    {
      ...run.running.services.config,
      credentials: [
        { kind: 'secret', secret: 'a-secret-that-is-wrong-0123456789', label: 'wrong secret' },
        { kind: 'certificate', pem: unknown.pem, label: 'unknown certificate' },
        { kind: 'certificate', pem: known.pem, label: 'certificate' },
      ],
    },
    run.running.database.url,
    { logTo: { write: text => run.written.push({ where: 'log of the other process', text }) } },
  )
  await services.start({ work: false })
  await services.tokens.acquire(tenantId, 'graph')
  await services.tokens.checkCredentials(demoRegistration.partnerTenantId, 'graph')
  await services.close(2000)
}

export async function commandsAreRun(run: Run, tenantId: string): Promise<void> {
  const [printed, link] = await Promise.all([
    run.command('api-key create', '--name', 'by command', '--role', 'reader'),
    run.command('invite', '--customer', 'Somebody new'),
    run.command('token', tenantId, '--json'),
    run.command('token', tenantId, '--decode'),
    run.command('doctor', '--tenant', tenantId),
  ])
  run.note('API key', printed.trim())
  run.note('link token', link.trim().split('/').at(-1) ?? '')
}

/** Every page and list, as an administrator reads them at the end. */
export async function everythingIsRead(
  admin: Visitor,
  api: Api,
  tenantId: string,
  work: Work,
): Promise<void> {
  for (const path of [
    '/',
    '/tenants',
    `/tenants/${tenantId}`,
    `/tenants/${tenantId}/events`,
    `/tenants/${tenantId}/incidents`,
    `/tenants/${tenantId}/incidents/${work.incidentId}`,
    `/tenants/${tenantId}/devices`,
    `/tenants/${tenantId}/devices/${work.deviceId}`,
    '/invitations',
    '/hunts',
    `/hunts/${work.huntId}`,
    '/readiness',
    '/connect',
    '/audit',
    '/settings',
    '/api',
    '/api/openapi.json',
    '/metrics',
    '/healthz',
    '/readyz',
    '/nothing/here',
  ]) {
    await admin.get(path)
  }
  for (const path of ['/tenants', '/invitations', '/audit?limit=200', '/hunts']) await api('GET', path)
  await admin.get('/sign-out')
  await admin.follow(await admin.post('/sign-out'))
}
