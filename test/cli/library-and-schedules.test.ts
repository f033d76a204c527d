import { afterAll, beforeAll, expect, test } from 'vitest'
import { builtInQueries } from '../../src/hunting/library/built-in.ts'
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
