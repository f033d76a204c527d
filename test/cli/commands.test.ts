import { afterAll, beforeAll, expect, test } from 'vitest'
import { type CliStage, startCliStage } from './stage.ts'

let stage: CliStage
let run: CliStage['run']
let customer: CliStage['customer']

beforeAll(async () => {
  stage = await startCliStage()
  ;({ run, customer } = stage)
})

afterAll(() => stage.close())

test('doctor finds everything in order, the named tenant included', async () => {
  const { code, data } = await run('doctor', '--tenant', customer.domain, '--json')

  const findings = JSON.parse(data) as { check: string; outcome: string }[]
  // Nobody of the staff has signed in to this installation.
  expect(findings.filter(({ outcome }) => outcome !== 'ok').map(({ check }) => check)).toEqual([
    'directory roles in ID tokens',
  ])
  expect(findings.map(({ check }) => check)).toEqual(
    expect.arrayContaining([
      'database',
      'migrations',
      'queue',
      'clock',
      'redirect URI /consent/proof',
      `tenant ${customer.domain}`,
    ]),
  )
  expect(code).toBe(0)
})

test('api-key create prints the key alone on the last line, and words elsewhere', async () => {
  const { code, data, words } = await run('api-key', 'create', '--name', 'ticket system', '--role', 'reader')

  expect(data).toMatch(/^tnt_\w{49}\n$/)
  expect(words).toContain('ticket system')
  expect(code).toBe(0)
})

test('invite takes tags and a contact, and names what is wrong with them', async () => {
  const about = [
    '--tag',
    'North',
    '--tag',
    'gold',
    '--contact',
    'Ana Lima <ana@customer.example> +45 33 12 34',
  ]
  const made = await run('invite', '--customer', 'Larkfield', ...about, '--json')
  const refused = await run('invite', '--customer', 'Larkfield', '--contact', 'Ana <not an address>')

  expect(JSON.parse(made.data)).toMatchObject({
    tags: ['gold', 'north'],
    contact: { name: 'Ana Lima', email: 'ana@customer.example', phone: '+45 33 12 34' },
  })
  expect(refused).toMatchObject({ code: 1, data: '', words: expect.stringContaining('e-mail address') })
})

test('invite prints a link, and names what is wrong with a tenant', async () => {
  const made = await run('invite', '--customer', 'Larkfield', '--hours', '24')
  const refused = await run('invite', '--customer', 'Larkfield', '--tenant', 'no-such-tenant.example')

  expect(made).toMatchObject({
    code: 0,
    data: expect.stringMatching(/^http:\/\/localhost:\d+\/join\/[\w-]{43}\n$/),
  })
  expect(refused).toMatchObject({ code: 1, data: '', words: expect.stringContaining('tenant_not_found') })
})

test('tenants, verify and token speak of the connected tenant', async () => {
  const listed = await run('tenants', '--json')
  const verified = await run('verify', customer.domain, '--json')
  const decoded = await run('token', customer.tenantId, '--resource', 'endpoint', '--decode')

  expect(JSON.parse(listed.data)).toMatchObject([{ tenantId: customer.tenantId, status: 'connected' }])
  expect(JSON.parse(verified.data)).toMatchObject({ tenantId: customer.tenantId, status: 'connected' })
  expect(JSON.parse(decoded.data)).toMatchObject({ claims: { tid: customer.tenantId } })
})

test('incidents lists what is stored of the tenants, as a table or JSON', async () => {
  await expect
    .poll(async () => (await run('incidents', '--severity', 'high', '--json')).data.length, {
      timeout: 120_000,
    })
    .toBeGreaterThan(10)
  const table = await run('incidents', '--tenant', customer.domain, '--limit', '3')
  const json = await run('incidents', '--tenant', customer.tenantId, '--severity', 'high', '--json')
  const future = await run('incidents', '--tenant', customer.tenantId, '--updated-since', '2999-01-01')

  expect(table).toMatchObject({ code: 0, data: expect.stringMatching(/^INCIDENT +SEVERITY +STATUS/) })
  expect(table.data.trim().split('\n')).toHaveLength(4)
  const incidents = JSON.parse(json.data) as { tenantId: string; severity: string; id: string }[]
  expect(incidents.length).toBeGreaterThan(0)
  for (const { tenantId, severity, id } of incidents) {
    expect([tenantId, severity]).toEqual([customer.tenantId, 'high'])
    expect(id).toMatch(new RegExp(`^${tenantId}:\\d+$`))
  }
  expect(future).toMatchObject({ code: 0, data: '', words: expect.stringContaining('No incidents fit.') })
})

test('an incident is assigned, commented on and resolved', async () => {
  const [{ id }] = JSON.parse((await run('incidents', '--status', 'active', '--limit', '1', '--json')).data)

  const assigned = await run('incidents', 'assign', id, 'analyst@partner.example', '--json')
  const commented = await run('incidents', 'comment', id, 'called the owner')
  const misfit = await run(
    'incidents',
    'resolve',
    id,
    '--classification',
    'falsePositive',
    '--determination',
    'malware',
  )
  const resolved = await run(
    'incidents',
    'resolve',
    id,
    '--classification',
    'truePositive',
    '--determination',
    'malware',
    '--json',
  )

  expect([assigned.code, commented.code, misfit.code, resolved.code]).toEqual([0, 0, 1, 0])
  expect(JSON.parse(assigned.data)).toMatchObject({ id, assignedTo: 'analyst@partner.example' })
  expect(misfit.words).toContain('does not fit')
  expect(JSON.parse(resolved.data)).toMatchObject({ id, status: 'resolved', determination: 'malware' })
})

test('incidents --watch prints what changes, one document per line', async () => {
  const watching = stage.begin('incidents', '--watch', '--json')
  await watching.wrote('Following incidents')
  const { data } = await run('incidents', '--status', 'active', '--limit', '1', '--json')
  const [{ id }] = JSON.parse(data)

  await run('incidents', 'comment', id, 'seen by a watcher')
  await watching.wrote(id)
  watching.signal('SIGINT')
  await watching.ended

  const lines = watching
    .standardOutput()
    .trim()
    .split('\n')
    .map(line => JSON.parse(line).id)
  expect(lines).toContain(id)
})

test('incidents tells wrong use from a tenant that is not there', async () => {
  const badStatus = await run('incidents', '--tenant', customer.tenantId, '--status', 'open')
  const badTime = await run('incidents', '--tenant', customer.tenantId, '--updated-since', 'yesterday')
  const unknown = await run('incidents', '--tenant', 'no-such-tenant.example')

  expect([badStatus.code, badTime.code, unknown.code]).toEqual([2, 2, 1])
  expect(unknown.words).toContain('tenant_not_found')
})

test.each([
  [['nonsense']],
  [['api-key', 'create', '--name', 'x', '--role', 'god']],
  [['invite', '--customer', 'x', '--hours', 'soon']],
])('wrong use ends with 2 and says how to use it: %j', async args => {
  const { code, data, words } = await run(...args)

  expect(code).toBe(2)
  expect(data).toBe('')
  expect(words).toContain('error:')
})
