import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { loadConfig, readEnvironment, SettingsError } from '../src/config.ts'
import { settingsAdvice } from '../src/settings/advice.ts'
import { temporaryFolder } from './helpers/folder.ts'

const real = {
  TENANTRY_CLIENT_ID: '11111111-2222-3333-4444-555555555555',
  TENANTRY_PARTNER_TENANT_ID: '66666666-7777-8888-9999-000000000000',
  TENANTRY_CLIENT_SECRET: 'a-secret-value',
  TENANTRY_PUBLIC_URL: 'https://tenantry.partner.example',
}

function problemsOf(
  environment: Record<string, string>,
): { setting: string; message: string; remedy: string }[] {
  try {
    loadConfig(environment)
    return []
  } catch (error) {
    if (error instanceof SettingsError) return error.problems
    throw error
  }
}

test('without any setting it is the demo on the simulator', () => {
  const config = loadConfig({})

  expect(config).toMatchObject({
    demo: true,
    port: 3000,
    host: '127.0.0.1',
    publicUrl: 'http://localhost:3000',
    databaseUrl: null,
    role: 'all',
    simulatorPort: 3001,
    simulatorTenants: 25,
    requiredRoles: [
      'graph:SecurityIncident.Read.All',
      'graph:SecurityAlert.Read.All',
      'graph:ThreatHunting.Read.All',
      'endpoint:Machine.Read.All',
    ],
  })
  expect(config.substitution.graph).toBe('http://127.0.0.1:3001')
})

test('Kubernetes’ address of a service called tenantry-simulator is not the simulator’s port', () => {
  expect(loadConfig({ TENANTRY_SIMULATOR_PORT: 'tcp://10.0.0.13:3001' }).simulatorPort).toBe(3001)
})

test('the log level has a prefixed name, which wins over the plain one', () => {
  expect(loadConfig({ TENANTRY_LOG_LEVEL: 'debug' }).logLevel).toBe('debug')
  expect(loadConfig({ LOG_LEVEL: 'warn' }).logLevel).toBe('warn')
  expect(loadConfig({ LOG_LEVEL: 'warn', TENANTRY_LOG_LEVEL: 'debug' }).logLevel).toBe('debug')
})

test.each(['utf8', 'utf16le'] as const)(
  '.env is read, in %s too, and what is set for the process wins',
  async encoding => {
    const file = join(await temporaryFolder(), '.env')
    await writeFile(
      file,
      Buffer.from('\ufeffTENANTRY_TEST_FROM_FILE=file\nTENANTRY_TEST_SET=file\n', encoding),
    )
    process.env.TENANTRY_TEST_SET = 'process'
    onTestFinished(() => {
      delete process.env.TENANTRY_TEST_FROM_FILE
      delete process.env.TENANTRY_TEST_SET
    })

    expect(readEnvironment(file)).toMatchObject({
      TENANTRY_TEST_FROM_FILE: 'file',
      TENANTRY_TEST_SET: 'process',
    })
  },
)

test('each secret can be read from a file, whatever wrote it', async () => {
  const folder = await temporaryFolder()
  const key = Buffer.alloc(32, 1).toString('base64')
  const fileWith = async (name: string, content: string | Buffer) => {
    await writeFile(join(folder, name), content)
    return join(folder, name)
  }

  const config = loadConfig({
    TENANTRY_CLIENT_ID: real.TENANTRY_CLIENT_ID,
    TENANTRY_PARTNER_TENANT_ID: real.TENANTRY_PARTNER_TENANT_ID,
    TENANTRY_CLIENT_SECRET_FILE: await fileWith('secret', 'first-secret\n'),
    TENANTRY_CLIENT_SECRET_NEXT_FILE: await fileWith(
      'next',
      Buffer.from('\ufeffsecond-secret\r\n', 'utf16le'),
    ),
    TENANTRY_SECRET_KEY_FILE: await fileWith('key', `${key}\n`),
    DATABASE_URL_FILE: await fileWith('database', 'postgresql://user:password@localhost/tenantry\n'),
  })

  expect(config).toMatchObject({
    secretKey: key,
    databaseUrl: 'postgresql://user:password@localhost/tenantry',
    credentials: [
      { kind: 'secret', secret: 'first-secret', label: 'secret of TENANTRY_CLIENT_SECRET' },
      { kind: 'secret', secret: 'second-secret', label: 'secret of TENANTRY_CLIENT_SECRET_NEXT' },
    ],
  })
})

test('a secret’s file that is missing, empty, or beside the secret itself is refused by its own name', async () => {
  const empty = join(await temporaryFolder(), 'empty')
  await writeFile(empty, '\n')
  const { TENANTRY_CLIENT_SECRET: _secret, ...others } = real

  expect(problemsOf({ ...others, TENANTRY_CLIENT_SECRET_FILE: '/nowhere/secret' })).toEqual([
    {
      setting: 'TENANTRY_CLIENT_SECRET_FILE',
      message: '"/nowhere/secret" cannot be read (ENOENT)',
      remedy: 'check the path and that this user may read the file',
    },
  ])
  expect(problemsOf({ ...others, TENANTRY_CLIENT_SECRET_FILE: empty })).toEqual([
    {
      setting: 'TENANTRY_CLIENT_SECRET_FILE',
      message: `"${empty}" is empty`,
      remedy: 'write the value of TENANTRY_CLIENT_SECRET into it',
    },
  ])
  expect(problemsOf({ ...real, TENANTRY_CLIENT_SECRET_FILE: empty })).toEqual([
    {
      setting: 'TENANTRY_CLIENT_SECRET_FILE',
      message: 'is set beside TENANTRY_CLIENT_SECRET',
      remedy: 'remove one of the two',
    },
  ])
})

test('the proxy may be written without http, and its exceptions with commas or spaces', () => {
  const { proxy } = loadConfig({
    HTTPS_PROXY: 'proxy.partner.example:3128',
    NO_PROXY: '10.0.0.0/8, .example  x',
  })

  expect(proxy.httpsProxy?.href).toBe('http://proxy.partner.example:3128/')
  expect(proxy.noProxy).toEqual(['10.0.0.0/8', '.example', 'x'])
})

test('a proxy on another machine is expected, and asked for, where people come by https', () => {
  const at = (settings: Record<string, string>) => settingsAdvice(loadConfig({ ...real, ...settings }))

  expect(at({ HOST: '0.0.0.0' })).toEqual([expect.stringMatching(/^TENANTRY_TRUSTED_PROXIES: .+ Remedy: /)])
  expect(at({ HOST: '0.0.0.0', TENANTRY_TRUSTED_PROXIES: '10.0.0.0/24, fd00::7' })).toEqual([])
  expect(at({ HOST: '127.0.0.1' })).toEqual([])
  expect(at({ HOST: '[::1]' })).toEqual([])
  expect(at({ HOST: '0.0.0.0', TENANTRY_PUBLIC_URL: 'http://localhost:3000' })).toEqual([])
})

test('with a client id it is the global cloud, and nothing is substituted', () => {
  const config = loadConfig(real)

  expect(config).toMatchObject({ demo: false, cloud: 'global' })
  expect(config.substitution).toEqual({ login: null, graph: null, defender: null, endpoint: null })
  expect(config.credentials).toEqual([
    { kind: 'secret', secret: 'a-secret-value', label: 'secret of TENANTRY_CLIENT_SECRET' },
  ])
})

test('several credentials are kept in the order in which they are tried', async () => {
  const file = join(await temporaryFolder(), 'client.pem')
  await writeFile(
    file,
    '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n',
  )

  const { credentials } = loadConfig({
    ...real,
    TENANTRY_CLIENT_SECRET_NEXT: 'another',
    TENANTRY_CLIENT_CERTIFICATE_FILE: file,
    TENANTRY_KEY_VAULT_URL: 'https://partner.vault.azure.net',
    TENANTRY_KEY_VAULT_CERTIFICATE: 'tenantry',
    TENANTRY_MANAGED_IDENTITY_CLIENT_ID: 'system',
  })

  expect(credentials.map(({ kind }) => kind)).toEqual([
    'managed-identity',
    'key-vault-certificate',
    'certificate',
    'secret',
    'secret',
  ])
})

test.each([
  ['TENANTRY_CLIENT_ID', { TENANTRY_CLIENT_ID: 'abc' }],
  ['TENANTRY_PARTNER_TENANT_ID', { TENANTRY_PARTNER_TENANT_ID: '' }],
  ['TENANTRY_CLIENT_SECRET', { TENANTRY_CLIENT_SECRET: '' }],
  ['TENANTRY_CLIENT_CERTIFICATE_FILE', { TENANTRY_CLIENT_CERTIFICATE_FILE: '/nowhere/at/all.pem' }],
  ['TENANTRY_KEY_VAULT_URL', { TENANTRY_KEY_VAULT_SECRET: 'name' }],
  ['TENANTRY_KEY_VAULT_URL', { TENANTRY_KEY_VAULT_URL: 'https://partner.vault.azure.net' }],
  ['TENANTRY_PUBLIC_URL', { TENANTRY_PUBLIC_URL: 'http://tenantry.partner.example' }],
  ['TENANTRY_PUBLIC_URL', { TENANTRY_PUBLIC_URL: 'https://tenantry.partner.example/path' }],
  ['TENANTRY_PUBLIC_URL', { TENANTRY_PUBLIC_URL: 'nonsense' }],
  ['TENANTRY_GRAPH_URL', { TENANTRY_GRAPH_URL: 'http://10.0.0.1' }],
  ['TENANTRY_CLOUD', { TENANTRY_CLOUD: 'mars' }],
  ['TENANTRY_CLOUD', { TENANTRY_CLOUD: 'simulator' }],
  ['TENANTRY_REQUIRED_ROLES', { TENANTRY_REQUIRED_ROLES: 'graph:' }],
  ['TENANTRY_SECRET_KEY', { TENANTRY_SECRET_KEY: 'c2hvcnQ=' }],
  ['DATABASE_URL', { DATABASE_URL: 'mysql://localhost/db' }],
  ['PORT', { PORT: '70000' }],
  ['PORT', { PORT: '3.5' }],
  ['TENANTRY_TRUSTED_PROXIES', { TENANTRY_TRUSTED_PROXIES: 'proxy.partner.example' }],
  ['TENANTRY_TRUSTED_PROXIES', { TENANTRY_TRUSTED_PROXIES: '10.0.0.0/33' }],
  ['TENANTRY_TRUSTED_PROXIES', { TENANTRY_TRUSTED_PROXIES: '0.0.0.0/0' }],
  ['HTTPS_PROXY', { HTTPS_PROXY: 'socks5://never-show-this:nor-this@proxy.partner.example' }],
  ['https_proxy', { https_proxy: 'ftp://proxy.partner.example' }],
  ['NODE_EXTRA_CA_CERTS', { NODE_EXTRA_CA_CERTS: '/nowhere/ca.pem' }],
  ['LOG_LEVEL', { LOG_LEVEL: 'loud' }],
  ['TENANTRY_LOG_LEVEL', { TENANTRY_LOG_LEVEL: 'loud' }],
  ['TENANTRY_LOGLEVEL', { TENANTRY_LOGLEVEL: 'debug' }],
  ['TENANTRY_HUNTING_SHARE', { TENANTRY_HUNTING_SHARE: '0' }],
])('%s is refused by name, with a remedy', (setting, change) => {
  const problems = problemsOf({ ...real, ...change } as Record<string, string>)

  expect(problems.map(problem => problem.setting)).toContain(setting)
  expect(JSON.stringify(problems)).not.toMatch(/never-show-this|nor-this/)
  for (const { remedy } of problems) expect(remedy).not.toBe('')
})

test('whatever is set, the outcome is a configuration or named problems that show no secret', () => {
  const names = [
    ...Object.keys(real),
    'PORT',
    'TENANTRY_CLOUD',
    'TENANTRY_ROLE',
    'TENANTRY_GRAPH_URL',
    'DATABASE_URL',
  ]
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), fc.string()), settings => {
      const problems = problemsOf({
        ...settings,
        TENANTRY_CLIENT_SECRET: 'never-show-this',
        TENANTRY_SECRET_KEY: 'nor-this',
      })

      expect(JSON.stringify(problems)).not.toMatch(/never-show-this|nor-this/)
    }),
  )
})

test('mail needs a server and a sender, and no message repeats the password', () => {
  const smtp = 'smtps://alerts:s3cret%40x@mail.partner.example'
  const config = loadConfig({
    TENANTRY_SMTP_URL: smtp,
    TENANTRY_MAIL_FROM: 'Tenantry <alerts@partner.example>',
  })

  expect(loadConfig({}).mail).toBeNull()
  expect(config.mail).toMatchObject({ from: 'Tenantry <alerts@partner.example>' })
  expect(config.mail?.url.hostname).toBe('mail.partner.example')
  expect(problemsOf({ TENANTRY_SMTP_URL: smtp })).toMatchObject([{ setting: 'TENANTRY_MAIL_FROM' }])
  expect(problemsOf({ TENANTRY_MAIL_FROM: 'a@partner.example' })).toMatchObject([
    { setting: 'TENANTRY_SMTP_URL' },
  ])
  for (const from of [
    'a@partner.example, b@partner.example',
    'nobody',
    'x\r\nBcc: y@z.example <a@partner.example>',
  ])
    expect(problemsOf({ TENANTRY_SMTP_URL: smtp, TENANTRY_MAIL_FROM: from })).toMatchObject([
      { setting: 'TENANTRY_MAIL_FROM' },
    ])
  const wrong = problemsOf({
    TENANTRY_SMTP_URL: 'https://alerts:s3cret@mail.partner.example',
    TENANTRY_MAIL_FROM: 'a@b.example',
  })
  expect(wrong).toMatchObject([{ setting: 'TENANTRY_SMTP_URL' }])
  expect(JSON.stringify(wrong)).not.toContain('s3cret')
})
