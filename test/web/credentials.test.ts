import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { demoRegistration } from '../../simulator/src/registration.ts'
import { examine } from '../../src/doctor/doctor.ts'
import type { CredentialSettings } from '../../src/microsoft/tokens/index.ts'
import { createServices, type Services } from '../../src/services.ts'
import { type Actor, systemActor } from '../../src/tenants/actor.ts'
import { createApp } from '../../src/web/app.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { type Staff, signedIn, words } from '../helpers/staff.ts'
import { makeCertificate } from '../microsoft/tokens/certificate.ts'

let running: RunningApp
let staff: Staff

beforeAll(async () => {
  running = await startApp({ work: false })
  staff = await signedIn(running)
})

afterAll(() => running?.close())

const hourMs = 3_600_000
const dayMs = 24 * hourMs
const secret: CredentialSettings = {
  kind: 'secret',
  secret: demoRegistration.clientSecret,
  label: 'secret of TENANTRY_CLIENT_SECRET',
}

function certificateEnding(expiresAt: Date, label = 'certificate'): CredentialSettings {
  const { pem, certificatePem } = makeCertificate({ expiresAt })
  running.simulator.control.registerCertificate(certificatePem)
  return { kind: 'certificate', pem, label }
}

/** The same installation in another process, with other credentials. */
async function givenProcess(
  credentials: CredentialSettings[],
  work = false,
): Promise<{ services: Services; app: FastifyInstance }> {
  const services = await createServices({ ...running.services.config, credentials }, running.database.url)
  const app = await createApp(services)
  onTestFinished(async () => {
    await app.close()
    await services.close(5000)
  })
  await services.start({ work })
  return { services, app }
}

/** What an administrator reads on the first page; the session is one for all processes. */
async function dashboardOf(app: FastifyInstance): Promise<string> {
  const cookie = [...staff.cookies(running.url)].map(([name, value]) => `${name}=${value}`).join('; ')
  const { payload, statusCode } = await app.inject({ url: '/', headers: { cookie } })
  expect(statusCode).toBe(200)
  return words(payload)
}

async function doctorOf({ config, ...services }: Services): Promise<string[]> {
  const findings: string[] = []
  for await (const { check, outcome, message } of examine({ ...services, ...config }, systemActor, null)) {
    if (check.startsWith('credential')) findings.push(`${outcome} ${check}: ${message}`)
  }
  return findings
}

async function metricsOf(app: FastifyInstance, name: string): Promise<string[]> {
  const { payload } = await app.inject({ url: '/metrics' })
  return payload.split('\n').filter(line => line.startsWith(`${name}{`))
}

async function auditOf(action: string): Promise<{ target: string | null; detail: unknown }[]> {
  const { items } = await running.services.audit.list(systemActor, { action })
  return items
}

test.each([
  [60, 60, null, 'ok'],
  [30, 29, 'expires in 29 days', 'warning'],
  [14, 13, 'expires in 13 days', 'warning'],
  [7, 6, 'expires in 6 days', 'warning'],
  [2, 1, 'expires in 1 day ', 'warning'],
  [1, 0, 'expires within a day', 'warning'],
])(
  'a certificate that ends within %i days is spoken of on the dashboard, by the doctor and in metrics',
  async (days, left, notice, outcome) => {
    const label = `certificate of ${days} days`
    const endsAt = new Date(Date.now() + days * dayMs - (left < days ? hourMs : -hourMs))
    const { services, app } = await givenProcess([certificateEnding(endsAt, label)])

    const [dashboard, doctor, metrics] = await Promise.all([
      dashboardOf(app),
      doctorOf(services),
      metricsOf(app, 'tenantry_credential_days_left'),
    ])

    if (notice === null) expect(dashboard).not.toContain(label)
    else expect(dashboard).toContain(`The ${label} ${notice}`)
    expect(doctor).toHaveLength(1)
    expect(doctor[0]).toMatch(new RegExp(`^${outcome} credential: ${label}: `))
    expect(metrics).toEqual([`tenantry_credential_days_left{credential="${label}"} ${left}`])
  },
)

test('a certificate that nears its end is spoken of once at each step, whichever process notices', async () => {
  const label = 'certificate near its end'
  const ending = certificateEnding(new Date(Date.now() + 6 * dayMs), label)
  const before = (await auditOf('credential.expiring')).length

  await givenProcess([ending], true)
  await givenProcess([ending], true)

  const said = await auditOf('credential.expiring')
  expect(said.length - before).toBe(1)
  expect(said[0]).toMatchObject({ target: label, detail: { daysLeft: 5, expiresAt: expect.any(String) } })
  const told = async (role: 'admin' | 'reader') => {
    const actor: Actor = { ...systemActor, kind: 'staff', id: role, role }
    return (await running.services.notifications.list(actor)).items.filter(({ title }) =>
      title.includes(label),
    )
  }
  expect(await told('admin')).toMatchObject([
    { kind: 'credential', title: expect.stringMatching(/expires on \d{4}-\d\d-\d\d$/), href: '/settings' },
  ])
  expect(await told('reader')).toEqual([])
})

test('the second credential takes over, and everybody is told, in every process', async () => {
  const wrong: CredentialSettings = { kind: 'secret', secret: 'not-the-secret', label: 'first secret' }
  const [one, other] = [await givenProcess([wrong, secret]), await givenProcess([wrong, secret])]
  const before = (await auditOf('credential.refused')).length

  await one.services.tokens.acquire(demoRegistration.partnerTenantId, 'graph')

  await expect.poll(async () => (await auditOf('credential.refused')).length - before).toBe(1)
  expect((await auditOf('credential.refused'))[0]).toMatchObject({
    target: 'first secret',
    result: 'failed',
    detail: { code: 'credential_invalid', serviceCode: 'AADSTS7000215', triedInstead: secret.label },
  })
  expect(await metricsOf(one.app, 'tenantry_credential_refusals_total')).toEqual([
    'tenantry_credential_refusals_total{credential="first secret",code="credential_invalid"} 1',
  ])
  for (const { app } of [one, other]) {
    await expect.poll(() => dashboardOf(app)).toContain('The first secret does not work')
    expect(await metricsOf(app, 'tenantry_credential_refused')).toEqual([
      'tenantry_credential_refused{credential="first secret"} 1',
      `tenantry_credential_refused{credential="${secret.label}"} 0`,
    ])
  }
  expect(await doctorOf(one.services)).toEqual([
    expect.stringMatching(/^failed credential: first secret: .*secret is wrong/),
    expect.stringMatching(/^ok credential: secret of TENANTRY_CLIENT_SECRET: /),
  ])

  running.simulator.control.resetRequests()
  await other.services.tokens.acquire(demoRegistration.partnerTenantId, 'graph')
  const asked = running.simulator.control.requests({ service: 'login', path: '/token' })
  expect(asked.map(({ count }) => count)).toEqual([1])
})

test('a certificate that Entra does not know gives way too', async () => {
  const unknown: CredentialSettings = {
    kind: 'certificate',
    pem: makeCertificate().pem,
    label: 'unknown one',
  }
  const { services, app } = await givenProcess([unknown, secret])

  await services.tokens.acquire(demoRegistration.partnerTenantId, 'graph')

  await expect
    .poll(async () => (await auditOf('credential.refused'))[0])
    .toMatchObject({
      target: 'unknown one',
      detail: { code: 'certificate_unknown', serviceCode: 'AADSTS700027' },
    })
  expect(await dashboardOf(app)).toContain('The unknown one')
})

test('when none is taken, pages and doctor say whose move it is, and no customer is blamed', async () => {
  const { services } = await givenProcess([
    { kind: 'secret', secret: 'not-the-secret', label: 'only secret' },
  ])

  const failed = await services.tokens
    .acquire(demoRegistration.partnerTenantId, 'graph')
    .catch((error: unknown) => error)

  expect(failed).toMatchObject({
    failure: {
      code: 'credential_invalid',
      whoseMove: 'partner',
      permanent: true,
      remedy: expect.any(String),
    },
  })
})
