import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadConfig } from '../../src/config.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { colorSheet } from '../../src/web/assets/assets.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { words } from '../helpers/staff.ts'
import { createVisitor } from '../helpers/visitor.ts'

const logo = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><rect width="8" height="8"/></svg>'
const contact = 'Service desk, +44 20 7946 0100, <soc@partner.example>'

let folder: string
let running: RunningApp

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tenantry-look-'))
  await writeFile(join(folder, 'logo.svg'), logo)
  running = await startApp({
    work: false,
    settings: {
      TENANTRY_PARTNER_CONTACT: contact,
      TENANTRY_PARTNER_LOGO_FILE: join(folder, 'logo.svg'),
      TENANTRY_PARTNER_COLOR: '#FFD400',
      TENANTRY_OPTIONAL_ROLES:
        'graph:SecurityIncident.ReadWrite.All,graph:SecurityAlert.Read.All,endpoint:Machine.Isolate',
    },
  })
})

afterAll(async () => {
  await running?.close()
  await rm(folder, { recursive: true, force: true })
})

async function customersPage(): Promise<string> {
  const { invitations } = running.services
  const { id } = await invitations.create(systemActor, { customerName: 'Alder Freight', tenant: null })
  const answer = await running.app.inject({
    url: `/api/v1/invitations/${id}`,
    headers: await running.apiKey('admin'),
  })
  return (await createVisitor(running.url).get(answer.json().joinUrl)).text
}

test('the customer reads whom to ask, and the button stands before the permissions', async () => {
  const page = await customersPage()

  expect(page).toContain('Service desk, +44 20 7946 0100, &lt;soc@partner.example&gt;')
  expect(page.indexOf('Continue to Microsoft')).toBeGreaterThan(0)
  expect(page.indexOf('Continue to Microsoft')).toBeLessThan(page.indexOf('id="asked"'))
})

test('permissions are grouped and folded, and a weaker one stands with the stronger one', async () => {
  const page = await customersPage()

  expect(words(page)).toMatch(/Read see, and change nothing 3 permissions/)
  expect(words(page)).toMatch(
    /Triage .*? 1 permission Read your security incidents, and assign.*?SecurityIncident\.ReadWrite\.All SecurityIncident\.Read\.All/,
  )
  expect(words(page)).toMatch(/Respond .*? 1 permission .*Machine\.Isolate/)
  expect(page).not.toMatch(/<details class="panel permission-group"[^>]* open/)
})

test('the partner’s logo and color are served from here', async () => {
  const page = await customersPage()
  const picture = /class="public-page__logo" src="([^"]+)"/.exec(page)?.[1] ?? ''
  const sheet = /href="(\/assets\/partner\/color\.css[^"]*)"/.exec(page)?.[1] ?? ''

  const [image, css] = await Promise.all([running.app.inject(picture), running.app.inject(sheet)])

  expect(image.headers['content-type']).toBe('image/svg+xml')
  expect(image.body).toBe(logo)
  expect(css.body).toContain('--partner-color: #ffd400; --partner-ink: #000')
})

test('text on the color is the one that contrasts more', () => {
  expect(colorSheet('#000080')).toContain('--partner-ink: #fff')
  expect(colorSheet('#ffffff')).toContain('--partner-ink: #000')
})

test.each([
  ['TENANTRY_PARTNER_COLOR', 'teal'],
  ['TENANTRY_PARTNER_LOGO_FILE', '/etc/hosts'],
  ['TENANTRY_PARTNER_LOGO_FILE', '/nowhere/logo.png'],
])('%s refuses %s', (name, value) => {
  expect(() => loadConfig({ [name]: value })).toThrow(name)
})
