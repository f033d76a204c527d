import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createAudit } from '../../../../src/audit/audit.ts'
import { createLibrary, type Library } from '../../../../src/hunting/library/library.ts'
import type { Actor } from '../../../../src/tenants/actor.ts'
import { analyzer } from '../../../helpers/analyzer.ts'
import { builtInQueries } from '../../../helpers/built-in-queries.ts'
import { createTestDatabase, type TestDatabase } from '../../../helpers/database.ts'

let database: TestDatabase
let library: Library

const analyst: Actor = {
  kind: 'staff',
  id: 'analyst',
  label: 'analyst@partner.example',
  role: 'analyst',
  tenants: 'all',
}

beforeAll(async () => {
  database = await createTestDatabase()
  const { db } = database
  library = createLibrary({ db, audit: createAudit({ db, key: Buffer.alloc(32, 1) }), analyzer })
})

afterAll(() => database.drop())

/** A file as Microsoft's repositories have them. */
function fileOf(changes: Partial<Record<'id' | 'name' | 'query' | 'tactics' | 'more', string>> = {}): string {
  const { id = randomUUID(), name = `Query ${randomUUID()}`, query = 'DeviceInfo\n  | take 10' } = changes
  return `id: ${id}
name: ${name}
description: |
  'This query finds what it finds.

  References: https://partner.example/what'
requiredDataConnectors:
- connectorId: MicrosoftThreatProtection
  dataTypes:
  - DeviceInfo
tactics:
${changes.tactics ?? '- Initial access\n- Execution'}
relevantTechniques:
- T1078.004
- TA0001
tags:
- Solorigate
query: |
  ${query}
${changes.more ?? 'version: 1.0.2\nentityMappings:\n- entityType: Host\n  fieldMappings:\n  - identifier: FullName\n    columnName: DeviceName'}
`
}

const importText = (text: string, options = {}) =>
  library.importFiles(analyst, [{ name: 'Execution/some.yaml', text }], options)

test('a query of a public repository comes in with all that it says, and keeps its id', async () => {
  const id = randomUUID()

  const [result] = await importText(fileOf({ id: id.toUpperCase(), name: 'From elsewhere' }))

  expect(result).toEqual({
    source: 'Execution/some.yaml',
    outcome: 'created',
    id,
    name: 'From elsewhere',
    reason: null,
    remedy: null,
  })
  expect(await library.get(analyst, id)).toMatchObject({
    name: 'From elsewhere',
    description: 'This query finds what it finds.\n\nReferences: https://partner.example/what',
    tactic: 'initial-access',
    techniques: ['T1078.004'],
    tags: ['solorigate'],
    query: 'DeviceInfo\n| take 10',
    version: 1,
    owner: 'analyst@partner.example',
  })
})

test('a second import updates it, and one of the same file changes nothing', async () => {
  const id = randomUUID()
  const name = 'Imported twice'
  await importText(fileOf({ id, name }))

  const same = await importText(fileOf({ id, name }))
  const changed = await importText(fileOf({ id, name, query: 'DeviceInfo\n  | take 20' }))
  const onlyVersion = await importText(
    fileOf({ id, name, query: 'DeviceInfo\n  | take 20', more: 'version: 2' }),
  )

  expect([same, changed, onlyVersion].map(([result]) => result?.outcome)).toEqual([
    'unchanged',
    'updated',
    'updated',
  ])
  expect((await library.versions(analyst, id)).map(({ version, query }) => [version, query])).toEqual([
    [3, 'DeviceInfo\n| take 20'],
    [2, 'DeviceInfo\n| take 20'],
    [1, 'DeviceInfo\n| take 10'],
  ])
})

test('what is exported is imported again as the same, also in another installation', async () => {
  const id = randomUUID()
  const name = '"Odd": #name with {signs}'
  await importText(fileOf({ id, name: JSON.stringify(name), query: 'DeviceInfo // "x" \\t \'y\'' }))
  const other = await createTestDatabase()
  const elsewhere = createLibrary({
    db: other.db,
    audit: createAudit({ db: other.db, key: Buffer.alloc(32, 2) }),
    analyzer,
  })

  const { fileName, text } = await library.exportFile(analyst, id)
  const here = await library.importFiles(analyst, [{ name: fileName, text }])
  const there = await elsewhere.importFiles(analyst, [{ name: fileName, text }])
  const again = await elsewhere.exportFile(analyst, id)
  await other.drop()

  expect(fileName).toBe('odd-name-with-signs.yaml')
  expect(here).toMatchObject([{ outcome: 'unchanged' }])
  expect(there).toMatchObject([{ outcome: 'created', id, name }])
  expect(again.text).toBe(text)
  expect(text).toContain('- Initial access\n- Execution\n')
  expect(text).toContain('- T1078.004\n- TA0001\n')
  expect(text).toContain('version: 1.0.2\n')
})

test('each query that comes with Tenantry is exported as its file says it, and importing it changes nothing', async () => {
  const [query] = builtInQueries
  const id = query?.id ?? ''

  const { fileName, text } = await library.exportFile(analyst, id)
  const same = await library.importFiles(analyst, [{ name: fileName, text }])
  const changed = await importText(fileOf({ id }))

  expect(fileName).toBe(`${query?.slug}.yaml`)
  expect(text.replaceAll(/\s+/g, ' ')).toBe(query?.text.replaceAll(/\s+/g, ' '))
  expect(same).toMatchObject([{ outcome: 'unchanged' }])
  expect(changed).toMatchObject([
    { outcome: 'refused', reason: 'a query with this id comes with Tenantry and stays as it is' },
  ])
})

test('several documents are several queries; what is refused stops no other and says why', async () => {
  const taken = 'A name that is taken'
  await importText(fileOf({ name: taken }))
  const documents = [
    fileOf({ name: 'The first of several' }),
    'name: Without an id\nquery: DeviceInfo\n',
    'just: [words\n',
    '- a list\n',
    fileOf({ query: 'DeviceInfo | wher x' }),
    fileOf({ query: 'TableOfMine | take 1' }),
    fileOf({ name: taken }),
    fileOf({ name: 'x'.repeat(200) }),
    'a: &a [1]\nb: *a\n',
    fileOf({ name: 'The last of several' }),
  ]

  const results = await importText(documents.join('---\n'))

  expect(results.map(({ outcome }) => outcome)).toEqual([
    'created',
    ...Array.from({ length: 8 }, () => 'refused'),
    'created',
  ])
  expect(results.map(({ source }) => source)[1]).toBe('Execution/some.yaml, document 2')
  const reasons = results.map(({ reason }) => reason ?? '')
  expect(reasons[1]).toContain('id: Write a GUID that stays with the query')
  expect(reasons[2]).toMatch(/Flow sequence/i)
  expect(reasons[3]).toContain('it is no query')
  expect(reasons[4]).toMatch(/errors, the first at line 1, column 14/)
  expect(reasons[5]).toContain('TableOfMine')
  expect(reasons[6]).toContain('another query of the library has this name')
  expect(reasons[7]).toContain('Use at most 120 characters')
  expect(reasons[8]).toMatch(/alias/i)
})

test('objections to names are overruled once for all files', async () => {
  const text = fileOf({ query: 'SecurityEvent | where EventID == 4624' })

  const [refused] = await importText(text)
  const [saved] = await importText(text, { allowUnknownNames: true })

  expect(refused).toMatchObject({ outcome: 'refused', remedy: expect.stringContaining('run it anyway') })
  expect(saved).toMatchObject({ outcome: 'created' })
})

test('a file that no person wrote is refused within the limits', async () => {
  const bomb = [
    'a0: &a0 [x]',
    ...Array.from({ length: 60 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`),
  ]
  const texts = [
    bomb.join('\n'),
    '['.repeat(20_000),
    `x: ${'x'.repeat(2_000_001)}`,
    'a\n---\n'.repeat(600),
    '',
    '\u0000',
    fileOf({ more: `more: ${'x'.repeat(30_000)}` }),
    'id: __proto__\n__proto__: {id: 1}\n',
  ]

  for (const text of texts) {
    const results = await importText(text)

    expect(
      results.every(({ outcome }) => outcome === 'refused'),
      text.slice(0, 40),
    ).toBe(true)
    expect(results.length).toBeGreaterThan(0)
  }
})

test('readers import nothing', async () => {
  const reader: Actor = { ...analyst, role: 'reader' }

  await expect(library.importFiles(reader, [{ name: 'a.yaml', text: fileOf() }])).rejects.toMatchObject({
    code: 'forbidden',
  })
})

test('queries of an earlier release get the ids of their files, and hunts and schedules follow', async () => {
  const { db } = database
  const [query] = builtInQueries
  const slug = query?.slug ?? ''
  const earlier = randomUUID()
  const before = await db.savedQuery.findUniqueOrThrow({ where: { builtIn: slug } })
  await db.$executeRaw`UPDATE "SavedQuery" SET id = ${earlier}::uuid, "fileHash" = NULL WHERE id = ${before.id}::uuid`
  const hunt = await db.hunt.create({
    data: {
      query: 'print 1',
      selection: { kind: 'all' },
      tables: [],
      createdById: 'x',
      createdBy: 'x',
      deadlineAt: new Date(),
      keepUntil: new Date(),
      savedQueryId: earlier,
      status: 'succeeded',
    },
  })

  await library.seed()

  expect(await library.get(analyst, query?.id ?? '')).toMatchObject({ slug, version: before.version })
  expect((await library.versions(analyst, query?.id ?? '')).length).toBe(before.version)
  expect(await db.hunt.findUnique({ where: { id: hunt.id } })).toMatchObject({ savedQueryId: query?.id })
})
