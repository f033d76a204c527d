import { expect, test } from 'vitest'
import { unifiedRows } from '../../../src/hunting/results/export/source.ts'
import { admin } from '../../tenants/givens.ts'
import { allOf, givenResult } from './given-result.ts'
import { analyst, refusalOf } from './stage.ts'

test('an export of a selection has the rows of its page, in their order, to the last digit', async () => {
  const { hunts, id } = await givenResult()
  const selection = {
    filters: [{ column: 'Size', operator: 'isNotEmpty' } as const],
    sort: { column: 'Size', descending: true },
  }

  const page = await hunts.page(analyst, id, selection)
  const source = await hunts.exportSource(analyst, id, selection)
  const exported = await allOf(unifiedRows(source))
  const broken = unifiedRows(await hunts.exportSource(analyst, id, selection))
  await broken.next()
  await broken.return(undefined)

  expect(exported).toEqual(page.rows)
  expect(source.columns).toEqual(page.columns)
  expect(source.coverage).toMatchObject({ asked: 2, rows: 8, excerpt: { ...selection, rows: 6 } })
  expect(source.fileName).toMatch(/-filtered-6-of-8-rows$/)
  expect((await hunts.exportSource(analyst, id)).coverage.excerpt).toBeUndefined()
  expect((await hunts.exportSource(analyst, id, { sort: { column: 'Size' } })).fileName).toMatch(/-sorted$/)
})

test('a selection that cannot be is refused before anything is written', async () => {
  const { hunts, id } = await givenResult(1)

  const unknown = await refusalOf(hunts.exportSource(analyst, id, { sort: { column: 'Colour' } }))
  const misfit = await refusalOf(
    hunts.exportSource(analyst, id, { filters: [{ column: 'Size', operator: 'less', value: 'much' }] }),
  )

  expect([unknown.code, misfit.code]).toEqual(['invalid', 'invalid'])
})

test('a tenant that is offboarded takes its rows along', async () => {
  const { db, hunts, ids, id, sorted } = await givenResult()
  await sorted('Size')

  await db.tenant.delete({ where: { id: ids[0] ?? '' } })
  await hunts.dropTables()

  expect(await sorted('Size')).toHaveLength(4)
  expect((await hunts.page(analyst, id)).total).toBe(4)
})

test('results go when their time is over', async () => {
  const { db, hunts, id } = await givenResult(1)
  await db.hunt.update({ where: { id }, data: { keepUntil: new Date(Date.now() - 1000) } })

  await hunts.removeExpired()

  expect((await refusalOf(hunts.get(admin, id))).code).toBe('not_found')
  expect(await db.huntChunk.count()).toBe(0)
})
