import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { builtInQueries } from '../helpers/built-in-queries.ts'
import { type CliStage, startCliStage } from './stage.ts'

let stage: CliStage
let run: CliStage['run']

beforeAll(async () => {
  stage = await startCliStage()
  ;({ run } = stage)
})

afterAll(() => stage.close())

async function givenSchedule(name: string): Promise<string> {
  const { id: queryId } = JSON.parse((await run('queries', 'show', 'devices-not-onboarded', '--json')).data)
  const draft = { name, queryId, cron: '0 6 * * *', tenants: 'all', baseline: false }
  const made = await stage.post('/schedules', draft)
  return ((await made.json()) as { id: string }).id
}

test('queries lists the library, all of it and by tactic', async () => {
  const all = await run('queries', '--json')
  const impact = await run('queries', '--tactic', 'impact')
  const none = await run('queries', '--search', 'no such thing')

  expect(JSON.parse(all.data)).toHaveLength(builtInQueries.length)
  const lines = impact.data.trim().split('\n')
  expect(lines[0]).toMatch(/^QUERY +TACTIC +PARAMETERS +NAME$/)
  expect(lines).toHaveLength(1 + builtInQueries.filter(({ tactic }) => tactic === 'impact').length)
  expect(none).toMatchObject({ code: 0, data: '', words: 'No query fits.\n' })
})

test('queries show prints the KQL alone, and what it is about beside it', async () => {
  const query = builtInQueries.find(({ slug }) => slug === 'password-spray')

  const { code, data, words } = await run('queries', 'show', 'password-spray')

  expect(code).toBe(0)
  expect(data).toBe(`${query?.query}\n`)
  expect(words).toContain(query?.description)
  expect(words).toContain('accounts: long, 8 unless given with --param')
})

test('schedules lists them, runs one to its end, and pauses and resumes it', async () => {
  const id = await givenSchedule('Every morning')

  const ran = await run('schedules', 'run', 'every MORNING')
  const asJson = await run('schedules', 'run', id, '--json')
  const paused = await run('schedules', 'pause', id)
  const listed = await run('schedules')
  const resumed = await run('schedules', 'resume', id, '--json')

  expect(ran).toMatchObject({ code: 0, words: expect.stringMatching(/\d+ new, 1\/1 answered: http/) })
  expect(ran.data).toMatch(/^TENANT +NAME +ANSWER +ROWS +NEW +NOTE\n/)
  expect(JSON.parse(asJson.data)).toMatchObject({ status: 'done', newRows: 0, findings: [{ newCount: 0 }] })
  expect(paused).toMatchObject({ code: 0, data: '', words: '"Every morning" is paused.\n' })
  expect(listed.data).toMatch(new RegExp(`^${id} +paused +0 6 \\* \\* \\* UTC .*Every morning$`, 'm'))
  expect(JSON.parse(resumed.data)).toMatchObject({ id, enabled: true, nextRunAt: expect.any(String) })
})

test('a name that nothing or more than one thing has is told apart', async () => {
  const [one, other] = [await givenSchedule('Twice'), await givenSchedule('Twice')]

  const ambiguous = await run('schedules', 'pause', 'twice')
  const missing = await run('schedules', 'run', 'never')
  const wrongUse = await run('schedules', 'run')

  expect(ambiguous).toMatchObject({ code: 1, data: '', words: expect.stringContaining(one) })
  expect(ambiguous.words).toContain(other)
  expect(missing).toMatchObject({ code: 1, words: expect.stringContaining('not_found') })
  expect(wrongUse.code).toBe(2)
})

test('queries import brings in a folder, tells what it refused, and export writes the same files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tenantry-queries-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'in/persistence'), { recursive: true })
  const id = '5f2c1a34-0000-4000-8000-00000000c0de'
  const text = `id: ${id}\nname: From a folder\ndescription: What it finds.\ntactics:\n- Persistence\nquery: DeviceInfo | take 5\n`
  const bad = 'id: 5f2c1a34-0000-4000-8000-00000000bad0\nname: Broken\nquery: DeviceInfo | wher\n'
  // As Windows PowerShell writes files.
  await writeFile(join(folder, 'in/persistence/good.yaml'), Buffer.from(`\ufeff${text}`, 'utf16le'))
  await writeFile(join(folder, 'in/bad.yml'), bad)
  await writeFile(join(folder, 'in/README.md'), 'not a query')

  const first = await run('queries', 'import', join(folder, 'in'))
  const again = await run('queries', 'import', join(folder, 'in'), '--json')
  const missing = await run('queries', 'import', join(folder, 'nowhere'))
  const exported = await run('queries', 'export', join(folder, 'out'))
  const file = join(folder, 'out/persistence/from-a-folder.yaml')
  const back = await run('queries', 'import', file)

  expect(first).toMatchObject({ code: 0, words: '1 created, 0 updated, 0 unchanged, 1 refused.\n' })
  expect(first.data).toMatch(/^refused +in\/bad.yml +Broken +the query has/m)
  expect(first.data).toMatch(/^created +in\/persistence\/good.yaml +From a folder/m)
  expect(JSON.parse(again.data)).toMatchObject([{ outcome: 'refused' }, { outcome: 'unchanged', id }])
  expect(missing).toMatchObject({ code: 1, words: expect.stringContaining('cannot be read') })
  expect(exported.code).toBe(0)
  expect(await readFile(file, 'utf8')).toContain(`id: ${id}\nname: From a folder\n`)
  expect(back.words).toBe('0 created, 0 updated, 1 unchanged, 0 refused.\n')
})
