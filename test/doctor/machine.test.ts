import { chmod } from 'node:fs/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { createMailer } from '../../src/notifications/rules/channels/email.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { temporaryFolder } from '../helpers/folder.ts'
import { startMailServer } from '../helpers/mail-server.ts'
import { type Examine, examineAs, outcomesOf } from './examine.ts'

let running: RunningApp
let examined: Examine

beforeAll(async () => {
  running = await startApp({ work: false, remote: { random: () => 0 } })
  examined = examineAs(running)
})

afterAll(() => running?.close())

test('a database without TLS on another machine is warned of', async () => {
  const remote = { version: '18.4', isEncrypted: false, isLocal: false }

  const findings = await examined({ databaseServer: async () => remote })

  expect(findings.find(({ check }) => check === 'database server')).toMatchObject({
    outcome: 'warning',
    message: 'PostgreSQL 18.4, without TLS',
    remedy: expect.stringContaining('sslmode=verify-full'),
  })
})

test('a data folder that others may read is told with what closes it', async () => {
  const folder = await temporaryFolder()
  await chmod(folder, 0o755)

  const open = await examined({ dataDir: folder })
  await chmod(folder, 0o711)
  const entered = await examined({ dataDir: folder })

  expect(open.find(({ check }) => check === 'data folder')).toMatchObject({
    outcome: 'warning',
    message: `others of this machine may list ${folder}`,
    remedy: expect.stringContaining(`chmod go-rw ${folder}`),
  })
  expect(outcomesOf(entered)['data folder']).toBe('ok')
})

test('a database that is not ready says what is missing', async () => {
  const findings = await examined({ readiness: async () => ['migrations', 'queue'] })

  expect(outcomesOf(findings)).toMatchObject({ database: 'ok', migrations: 'failed', queue: 'failed' })
  expect(findings.find(({ check }) => check === 'migrations')?.remedy).toContain('Start Tenantry once')
})

test('a server that cannot carry another process is told, with what to do', async () => {
  const budget = { all: 16, pool: 10, jobs: 3, listeners: 3, background: 5 }
  const findings = await examined({
    connectionBudget: async () => ({ budget, server: { allowed: 97, used: 90 } }),
  })

  expect(findings.find(({ check }) => check === 'database connections')).toMatchObject({
    outcome: 'warning',
    message: expect.stringContaining('7 of 97 left'),
    remedy: expect.stringContaining('TENANTRY_DATABASE_CONNECTIONS'),
  })
})

test('a mail server is looked at when one is set', async () => {
  const server = await startMailServer({ signIn: { user: 'alerts', pass: 'right' } })
  onTestFinished(() => server.close())
  const mailFindings = async (url: URL | null) => {
    const settings = url && { url, from: 'alerts@partner.example' }
    const mailer = createMailer({ settings, domain: 'tenantry.partner.example', timeoutMs: 2_000 })
    const findings = await examined({ mailer })
    mailer.close()
    return findings.filter(({ check }) => check === 'mail server')
  }
  const wrong = new URL(server.url)
  wrong.password = 'wrong'

  expect(await mailFindings(null)).toEqual([])
  expect(await mailFindings(server.url)).toMatchObject([{ outcome: 'ok', remedy: null }])
  const refused = await mailFindings(wrong)
  expect(refused).toMatchObject([
    { outcome: 'failed', serviceCode: '535', remedy: expect.stringContaining('TENANTRY_SMTP_URL') },
  ])
  expect(JSON.stringify(refused)).not.toContain('wrong')
})
