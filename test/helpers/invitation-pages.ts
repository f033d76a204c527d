import { afterAll, beforeAll, beforeEach } from 'vitest'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import { emptyDatabase } from '../tenants/givens.ts'
import { type RunningApp, startApp } from './app.ts'
import { createVisitor, goToEntra, type Visitor } from './visitor.ts'

export let running: RunningApp

export let customer: CustomerProfile

export async function staff(username = 'admin@partner.example'): Promise<Visitor> {
  const visitor = createVisitor(running.url)
  await visitor.follow(await goToEntra(visitor, running, username))
  return visitor
}

export async function givenInvitation(customerName: string, more: { tenant?: string } = {}): Promise<string> {
  return (await running.services.invitations.create(systemActor, { customerName, ...more })).id
}

/** What a page says, without its markup. */
export function words(html: string): string {
  return html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
}

/** The app without its workers, and an empty database before each test. */
export function useInvitationPages(): void {
  beforeAll(async () => {
    running = await startApp({ work: false })
    const found = running.simulator.world.customers().find(({ regionSubScope }) => !regionSubScope)
    if (!found) throw new Error('the simulator has no customer of this cloud')
    customer = found
  })
  beforeEach(() => emptyDatabase(running.database))
  afterAll(() => running?.close())
}
