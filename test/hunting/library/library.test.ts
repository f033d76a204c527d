import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAudit } from '../../../src/audit/audit.ts'
import { createLibrary, type Library } from '../../../src/hunting/library/library.ts'
import type { QueryDraft } from '../../../src/hunting/library/model.ts'
import type { Actor, StaffRole } from '../../../src/tenants/actor.ts'
import { analyzer } from '../../helpers/analyzer.ts'
import { builtInQueries } from '../../helpers/built-in-queries.ts'
import { createTestDatabase, type TestDatabase } from '../../helpers/database.ts'

let database: TestDatabase
let library: Library

beforeAll(async () => {
  database = await createTestDatabase()
  const { db } = database
  library = createLibrary({ db, audit: createAudit({ db, key: Buffer.alloc(32, 1) }), analyzer })
})

afterAll(() => database.drop())

function actor(role: StaffRole, label = `${role}@partner.example`): Actor {
  return { kind: 'staff', id: label, label, role, tenants: 'all' }
}

const analyst = actor('analyst')

function draft(name: string, changes: Partial<QueryDraft> = {}): QueryDraft {
  const query = 'declare query_parameters(n: long = 10);\nDeviceInfo | take n'
  return { name, description: '', tactic: null, techniques: [], tags: [], query, ...changes }
}

describe('the starting set', () => {
  test('comes into the library once, however often and from however many processes it is brought in', async () => {
    await Promise.all([library.seed(), library.seed()])
    await library.seed()

    const count = await library.count(analyst, { builtIn: true })

    expect(count).toBe(builtInQueries.length)
  })

  test('is found by slug, and any query by its name in any case', async () => {
    const made = await library.create(analyst, draft('Printers at night'))

    const bySlug = await library.lookUp(analyst, 'Password-Spray')
    const byName = await library.lookUp(analyst, ' printers AT night')
    const missing = library.lookUp(analyst, 'printers')

    expect(bySlug).toMatchObject({ slug: 'password-spray', isBuiltIn: true })
    expect(byName).toMatchObject({ id: made.id, slug: null })
    await expect(missing).rejects.toMatchObject({
      code: 'not_found',
      remedy: 'Is it one of these? "Printers at night"',
    })
    await library.remove(analyst, made.id)
  })

  test('is brought up to date with a new version, and keeps what is no longer part of it', async () => {
    const [first] = builtInQueries
    const record = await database.db.savedQuery.findUniqueOrThrow({ where: { builtIn: first?.slug ?? '' } })
    await database.db.savedQuery.update({
      where: { id: record.id },
      data: { query: 'DeviceInfo', fileHash: 'of an earlier release' },
    })
    const old = draft('From an older release')
    const gone = await database.db.savedQuery.create({
      data: {
        ...old,
        nameKey: 'from an older release',
        builtIn: 'gone',
        ownerId: 'tenantry',
        owner: 'Tenantry',
      },
    })

    await library.seed()

    expect(await library.get(analyst, record.id)).toMatchObject({ query: first?.query, version: 2 })
    expect(await library.get(analyst, gone.id)).toMatchObject({ isBuiltIn: false })
  })

  test('cannot be changed or removed', async () => {
    const { items } = await library.list(analyst, { builtIn: true }, { limit: 1 })
    const id = items[0]?.id ?? ''

    await expect(
      library.change(actor('admin'), id, draft('Mine'), { expectedVersion: 1 }),
    ).rejects.toMatchObject({ code: 'forbidden' })
    await expect(library.remove(actor('admin'), id)).rejects.toMatchObject({ code: 'forbidden' })
  })

  test('is found by technique, word and tactic, page by page', async () => {
    const byTechnique = await library.list(analyst, { search: 't1003' })
    const byWord = await library.list(analyst, { search: 'LSASS' })
    const names: string[] = []
    let cursor: string | null = null
    do {
      const page = await library.list(analyst, { builtIn: true }, { limit: 7, cursor })
      names.push(...page.items.map(({ name }) => name))
      cursor = page.nextCursor
    } while (cursor)

    expect(byTechnique.items.map(({ tactic }) => tactic)).toContain('credential-access')
    expect(byWord.items.length).toBeGreaterThan(0)
    expect(new Set(names).size).toBe(builtInQueries.length)
    expect(await library.count(analyst, { search: '100%_nothing' })).toBe(0)
  })
})

test('a saved query keeps who changed what and when', async () => {
  const made = await library.create(analyst, draft('Versions', { tags: ['Weekly'] }))

  const changed = await library.change(
    actor('analyst', 'other@partner.example'),
    made.id,
    draft('Versions, renamed', { query: 'DeviceInfo | take 5' }),
    { expectedVersion: 1 },
  )

  expect(changed).toMatchObject({ version: 2, owner: 'analyst@partner.example', parameters: [] })
  expect(await library.versions(analyst, made.id)).toMatchObject([
    { version: 2, name: 'Versions, renamed', changedBy: 'other@partner.example' },
    { version: 1, name: 'Versions', tags: ['weekly'], changedBy: 'analyst@partner.example' },
  ])
})

test('a change made from an older version is refused and changes nothing', async () => {
  const made = await library.create(analyst, draft('Contested'))
  await library.change(analyst, made.id, draft('Contested'), { expectedVersion: 1 })

  const late = library.change(analyst, made.id, draft('Too late'), { expectedVersion: 1 })

  await expect(late).rejects.toMatchObject({ code: 'conflict' })
  expect(await library.get(analyst, made.id)).toMatchObject({ name: 'Contested', version: 2 })
})

test('two queries cannot have one name, however it is written', async () => {
  await library.create(analyst, draft('One of a kind'))

  const second = library.create(analyst, draft(' ONE of a Kind '))

  await expect(second).rejects.toMatchObject({
    code: 'conflict',
    details: { fields: { name: expect.any(String) } },
  })
})

test('a query with an error is refused with its place, unknown names only until asked twice', async () => {
  const broken = draft('Broken', { query: 'DeviceInfo | wher x' })
  const unknown = draft('Unknown names', { query: 'TableOfMine | take 1' })

  await expect(library.create(analyst, broken)).rejects.toMatchObject({
    code: 'invalid_query',
    details: { problems: expect.arrayContaining([expect.objectContaining({ line: 1, column: 14 })]) },
  })
  await expect(library.create(analyst, unknown)).rejects.toMatchObject({ code: 'invalid_query' })
  await expect(library.create(analyst, unknown, { allowUnknownNames: true })).resolves.toMatchObject({
    version: 1,
  })
})

test('every wrong field is named', async () => {
  const wrong = library.create(analyst, draft(' ', { techniques: ['1059'], query: '' }))

  await expect(wrong).rejects.toMatchObject({
    code: 'invalid',
    details: {
      fields: { name: expect.any(String), techniques: expect.any(String), query: expect.any(String) },
    },
  })
})

test('a query is run with the parameters that were typed, also as it was before', async () => {
  const made = await library.create(analyst, draft('Rendered'))
  await library.change(analyst, made.id, draft('Rendered', { query: 'DeviceInfo' }), { expectedVersion: 1 })

  const newest = await library.render(analyst, made.id, {})
  const first = await library.render(analyst, made.id, { n: '3' }, 1)

  expect(newest).toEqual({
    query: 'DeviceInfo',
    name: 'Rendered',
    version: 2,
    allowUnknownNames: false,
  })
  expect(first.query).toBe('let n = long(3);\nDeviceInfo | take n')
  await expect(library.render(analyst, made.id, {}, 9)).rejects.toMatchObject({ code: 'not_found' })
})

test('readers look, analysts save, and only the owner or an administrator removes', async () => {
  const made = await library.create(analyst, draft('Removed in the end'))

  await expect(library.create(actor('reader'), draft('Not mine'))).rejects.toMatchObject({
    code: 'forbidden',
  })
  await expect(library.get(actor('reader'), made.id)).resolves.toMatchObject({ name: 'Removed in the end' })
  await expect(library.remove(actor('analyst', 'other@partner.example'), made.id)).rejects.toMatchObject({
    code: 'forbidden',
  })
  await library.remove(actor('admin'), made.id)
  await expect(library.get(analyst, made.id)).rejects.toMatchObject({ code: 'not_found' })
  await expect(library.get(analyst, 'nonsense')).rejects.toMatchObject({ code: 'not_found' })
})
