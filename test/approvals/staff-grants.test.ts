import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Actor } from '../../src/tenants/actor.ts'
import { type Api, apiOf } from '../helpers/api.ts'
import { type RunningApp, startApp } from '../helpers/app.ts'
import { administrator } from '../helpers/customers.ts'
import { signedIn } from '../helpers/staff.ts'

let running: RunningApp
let asker: Api
let second: Api
/** Somebody who signed in: keys stop when whoever made them is not known. */
let person: Actor

beforeAll(async () => {
  running = await startApp({ settings: { TENANTRY_TWO_PERSON: 'staff.grant' } })
  asker = await apiOf(running, 'admin')
  second = await apiOf(running, 'admin')
  await signedIn(running)
  const username = 'admin@partner.example'
  const { objectId } = await running.database.db.staffMember.findFirstOrThrow({ where: { username } })
  person = { ...administrator, id: objectId }
})

afterAll(() => running?.close())

const approve = (id: string) =>
  second('POST', `/approvals/${id}/decision`, { approve: true, comment: 'seen' })

test('what staff may see is granted by two', async () => {
  const { db } = running.database
  const { members } = running.services
  await signedIn(running, 'analyst@partner.example')
  const idOf = async (username: string) =>
    (await db.staffMember.findFirstOrThrow({ where: { username } })).objectId
  const analyst = await idOf('analyst@partner.example')

  const error = await members
    .limit(person, analyst, { tags: ['north'], ids: [] })
    .then(() => null)
    .catch(thrown => thrown)
  const before = await db.staffMember.findUniqueOrThrow({ where: { objectId: analyst } })
  const decided = await approve(error.details.approval.id)

  expect(error).toMatchObject({ code: 'approval_required' })
  expect(before.seesAll).toBe(true)
  expect(decided.body).toMatchObject({ status: 'done', decidedBy: 'admin key' })
  const after = await db.staffMember.findUniqueOrThrow({ where: { objectId: analyst } })
  expect(after).toMatchObject({ seesAll: false, limitedToTags: ['north'] })
})

test('somebody new is entered by two, as what staff may see is', async () => {
  const { db } = running.database
  const objectId = '7a3f9f0e-54a1-4f1c-9b55-0d8d1c8b9f10'
  const newcomer = { objectId, username: 'newcomer@partner.example', tenants: 'all' }

  const asked = await asker('POST', '/staff', newcomer)
  const before = await db.staffMember.findUnique({ where: { objectId } })
  const decided = await approve(asked.body.id)

  expect(asked.status).toBe(202)
  expect(asked.body.summary).toBe('Enter newcomer@partner.example, who sees every tenant')
  expect(before).toBeNull()
  expect(decided.body).toMatchObject({ status: 'done' })
  expect(await db.staffMember.findUnique({ where: { objectId } })).toMatchObject({ seesAll: true })
  expect((await asker('POST', '/staff', { ...newcomer, username: 'nobody' })).status).toBe(422)
})
