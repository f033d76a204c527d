import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  describeInvitation,
  invitationTimeline,
  possibleActs,
} from '../../src/invitations/invitation-words.ts'
import { createStage, type Stage } from '../consent/stage.ts'
import { admin } from '../tenants/givens.ts'

let stage: Stage

beforeAll(async () => {
  stage = await createStage()
})
afterAll(() => stage.close())
beforeEach(() => stage.clean())

test('what can be done with a link is what the link allows', async () => {
  const { invitations } = stage
  const fresh = await invitations.create(admin, { customerName: 'Alder Freight' })
  const withdrawn = await invitations.revoke(admin, fresh.id)
  const short = await invitations.create(admin, { customerName: 'Birch Bakery', expiresInHours: 1 })
  stage.advance(2 * 3_600_000)
  const expired = await invitations.get(admin, short.id)

  expect(possibleActs(fresh)).toEqual({ canWithdraw: true, canExtend: true, isOpen: true })
  expect(possibleActs(withdrawn)).toEqual({ canWithdraw: false, canExtend: false, isOpen: false })
  expect(possibleActs(expired)).toEqual({ canWithdraw: false, canExtend: true, isOpen: false })
  await expect(invitations.extend(admin, withdrawn.id)).rejects.toMatchObject({ code: 'conflict' })
  await expect(invitations.extend(admin, expired.id)).resolves.toMatchObject({ status: 'created' })
})

test('an approval that is proven is told from one that is only reported', async () => {
  const customer = stage.nextCustomer()
  const visitor = await stage.invite(customer)
  await visitor.completeConsent(await visitor.approve())
  const reported = await stage.invitations.get(admin, visitor.invitation.id)
  const other = await stage.invite(stage.nextCustomer())
  await other.walk()
  const proven = await stage.invitations.get(admin, other.invitation.id)

  expect(describeInvitation(reported).headline).toBe('Microsoft reported the approval.')
  expect(possibleActs(reported).isOpen).toBe(true)
  expect(describeInvitation(proven).headline).toBe('The approval is proven.')
  expect(possibleActs(proven)).toEqual({ canWithdraw: false, canExtend: false, isOpen: false })
})

test('the timeline reads newest first, in words, with times as pages write them', async () => {
  const { id } = await stage.invitations.create(admin, { customerName: 'Alder Freight' })
  const extended = await stage.invitations.extend(admin, id, 24)

  const [last, first] = invitationTimeline(extended)

  expect(last?.title).toBe('Extended')
  expect(last?.detail).toMatch(/^until \d{4}-\d\d-\d\d \d\d:\d\d UTC by admin@partner\.example$/)
  expect(first).toMatchObject({ title: 'Link made', detail: 'by admin@partner.example' })
})
