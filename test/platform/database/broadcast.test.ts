import pg from 'pg'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { type Broadcast, createBroadcast } from '../../../src/platform/database/notices/broadcast.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'

let database: TestDatabase

beforeAll(async () => {
  database = await createTestDatabase()
})

afterAll(() => database.drop())

const schema = z.object({ word: z.string() })

type Process = {
  broadcast: Broadcast<z.infer<typeof schema>>
  heard: string[]
  gaps: number
  errors: unknown[]
}

async function givenProcess(): Promise<Process> {
  const process: Process = {
    heard: [],
    gaps: 0,
    errors: [],
    broadcast: createBroadcast({
      connectionString: database.url,
      db: database.db,
      channel: 'test_words',
      schema,
      onMessage: ({ word }) => process.heard.push(word),
      onGap: () => {
        process.gaps += 1
      },
      onError: error => process.errors.push(error),
      reconnectMs: 10,
    }),
  }
  await process.broadcast.start()
  onTestFinished(() => process.broadcast.stop())
  return process
}

test('a message reaches every other process, in order, and not the one that sent it', async () => {
  const [sender, one, other] = await Promise.all([givenProcess(), givenProcess(), givenProcess()])

  sender.broadcast.send({ word: 'first' })
  await expect.poll(() => one.heard).toEqual(['first'])
  sender.broadcast.send({ word: 'second' })

  await expect.poll(() => one.heard).toEqual(['first', 'second'])
  await expect.poll(() => other.heard).toEqual(['first', 'second'])
  expect(sender.heard).toEqual([])
})

test('a connection that breaks is made again, and the gap is told', async () => {
  const [sender, listener] = await Promise.all([givenProcess(), givenProcess()])

  await database.db
    .$queryRaw`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'tenantry broadcast'`
  await expect.poll(() => [sender.gaps, listener.gaps]).toEqual([1, 1])
  sender.broadcast.send({ word: 'after' })

  await expect.poll(() => listener.heard).toEqual(['after'])
})

test('what another version or a stranger sends is reported and harms nothing', async () => {
  const listener = await givenProcess()
  const stranger = new pg.Client({ connectionString: database.url })
  await stranger.connect()
  onTestFinished(() => stranger.end())

  for (const payload of ['', 'not JSON', '{"from":"x"}', '{"from":"x","message":{"word":1}}']) {
    await stranger.query('select pg_notify($1, $2)', ['test_words', payload])
  }
  await stranger.query('select pg_notify($1, $2)', ['test_words', '{"from":"x","message":{"word":"fine"}}'])

  await expect.poll(() => listener.heard).toEqual(['fine'])
  expect(listener.errors).toHaveLength(4)
})

test('stopping waits for what is being sent', async () => {
  const [sender, listener] = await Promise.all([givenProcess(), givenProcess()])

  sender.broadcast.send({ word: 'last' })
  await sender.broadcast.stop()

  await expect.poll(() => listener.heard).toEqual(['last'])
})
