import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  analystsWork,
  commandsAreRun,
  customersAnswer,
  everythingIsRead,
  keysAreMade,
  otherCredentialsAreTried,
  staffComes,
} from './full-run/acts.ts'
import { microsoftAnswersBadly } from './full-run/bad-answers.ts'
import { dumpTables, findSecrets, secretsOn, type Written } from './full-run/recorders.ts'
import { Run } from './full-run/run.ts'

let run: Run

beforeAll(async () => {
  run = await Run.start()
})

afterAll(() => run?.close())

/** Where a secret is shown to whom it is meant for, and nowhere else. */
const exceptions: { kind: string; where: RegExp }[] = [
  // The page that makes a key shows it once.
  { kind: 'API key', where: /^POST \/settings\/api-keys$/ },
  // Staff and programs that make links are given them; the ready message holds one.
  { kind: 'link token', where: /^(GET|POST) \/api\/v1\/invitations/ },
  { kind: 'link token', where: /^(GET|POST) \/invitations/ },
  // The page behind the link posts its form to the link, and the page at the end offers it again.
  { kind: 'link token', where: /^(GET|POST) \/join\// },
  { kind: 'link token', where: /^GET \/consent\/result\// },
  // Whoever is sent to Microsoft takes these along in the address.
  { kind: 'state', where: /^POST \/(sign-in|join\/[^/]+\/consent)$/ },
  { kind: 'nonce', where: /^POST \/sign-in$/ },
  { kind: 'state', where: /^GET \/consent\/callback$/ },
  { kind: 'nonce', where: /^GET \/consent\/callback$/ },
  // What Microsoft posts is handed back to the browser that brought it, as an address to ask for.
  { kind: 'state', where: /^POST \/consent\/(callback|proof)$/ },
  { kind: 'authorization code', where: /^POST \/consent\/proof$/ },
  // These commands are there to print what they make.
  { kind: 'access token', where: /^standard output of token$/ },
  { kind: 'API key', where: /^standard output of api-key create$/ },
  { kind: 'link token', where: /^standard output of invite$/ },
]

function isExpected(line: string): boolean {
  return exceptions.some(exception => isMet(exception, line))
}

function isMet({ kind, where }: (typeof exceptions)[number], line: string): boolean {
  return line.startsWith(`${kind} in `) && where.test(line.slice(kind.length + 4))
}

test('no secret is written anywhere in a full run, its faults and refusals included', {
  timeout: 240_000,
}, async () => {
  const admin = await staffComes(run)
  const api = await keysAreMade(run, admin)
  const tenantId = await customersAnswer(run, admin, api)
  const work = await analystsWork(api, tenantId)
  await microsoftAnswersBadly(run, admin, api, tenantId, work)
  await otherCredentialsAreTried(run, tenantId)
  await commandsAreRun(run, tenantId)
  await everythingIsRead(admin, api, tenantId, work)

  const secrets = [...run.secrets, ...secretsOn(run.wire.exchanges)]
  const tables = await dumpTables(run.running.database.db)
  const everything = [...run.written, ...tables]
  const found = findSecrets(everything, secrets)

  expect([...new Set(found.filter(line => !isExpected(line)))]).toEqual([])
  // What was looked for was there to be found, and each exception is one that was met.
  expect([...new Set(secrets.map(({ kind }) => kind))].sort()).toEqual([
    'API key',
    'ID token',
    'access token',
    'assertion',
    'authorization code',
    'client secret',
    'code verifier',
    'link token',
    'nonce',
    'private key',
    'session cookie',
    'state',
  ])
  for (const exception of exceptions) {
    const { kind, where } = exception
    expect(
      found.some(line => isMet(exception, line)),
      `${kind} in ${where}`,
    ).toBe(true)
  }
  expect(everything.filter(({ where }) => where === 'log').length).toBeGreaterThan(300)
  // Where everything was looked at, packed rows too.
  expect(textOf(tables, 'table public.HuntChunk')).toContain('"AlertId"')
})

function textOf(written: readonly Written[], where: string): string {
  return written.find(one => one.where === where)?.text ?? ''
}
