import { randomBytes } from 'node:crypto'
import { onTestFinished } from 'vitest'
import { createAudit } from '../../src/audit/audit.ts'
import { createDevices, type DeviceService } from '../../src/devices/devices.ts'
import type { Database } from '../../src/platform/database/index.ts'
import type { Actor } from '../../src/tenants/actor.ts'
import { createTenants, type Tenants } from '../../src/tenants/tenants.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { allRoles, givenDefender, type Setup } from '../microsoft/defender/setup.ts'
import { admin, givenTenant } from '../tenants/givens.ts'

export const analyst: Actor = {
  ...admin,
  id: 'b7a9a1de-0000-4000-8000-000000000002',
  label: 'analyst@partner.example',
  role: 'analyst',
  roles: ['analyst', 'responder'],
}

export const comment = 'incident 4711, case 17'

export type Stage = Setup & {
  db: Database
  tenants: Tenants
  devices: DeviceService
  audit: ReturnType<typeof createAudit>
  tenantId: string
  /** Jobs that were asked for, in order. */
  jobs: { actionId: string; afterSeconds: number }[]
  /** Moves our clock and the simulator's on. */
  advance(ms: number): void
  /** Does every waiting job, moving both clocks on by what it was to wait. @returns jobs done */
  drain(most?: number): Promise<number>
  /** What the audit says happened, oldest first. */
  audited(): Promise<{ action: string; result: string; label: string }[]>
}

/** A connected tenant of the simulator, its row, and the devices of it; jobs by hand. */
export async function givenStage(roles: string[] = allRoles): Promise<Stage> {
  const setup = await givenDefender()
  const database = await createTestDatabase()
  onTestFinished(() => database.drop())
  const { db } = database
  const { simulator, defender, tenant } = setup
  let ahead = 0
  const now = () => new Date(Date.now() + ahead)
  const advance = (ms: number) => {
    ahead += ms
    simulator.control.advanceClock(ms)
  }

  const audit = createAudit({ db, key: randomBytes(32) })
  const tenants = createTenants({ db, audit, forgetTenant: () => {} })
  const jobs: Stage['jobs'] = []
  const enqueueFollow = async (actionId: string, afterSeconds: number) => {
    jobs.push({ actionId, afterSeconds })
  }
  const devices = createDevices({ db, defender, tenants, audit, enqueueFollow, now })
  const tenantId = await givenTenant(db, {
    id: tenant.tenantId,
    name: 'Fabrikam',
    tags: ['north'],
    rolesGranted: roles,
  })

  return {
    ...setup,
    db,
    tenants,
    devices,
    audit,
    tenantId,
    jobs,
    advance,
    async drain(most = 100) {
      let done = 0
      while (done < most) {
        const job = jobs.shift()
        if (!job) break
        advance(job.afterSeconds * 1000)
        await devices.follow(job.actionId)
        done += 1
      }
      return done
    },
    async audited() {
      const { items } = await audit.list(admin, {}, { limit: 200 })
      return items.map(({ action, result, actor }) => ({ action, result, label: actor.label })).reverse()
    },
  }
}

/** The id of a device that reports, or of one that is silent. */
export async function deviceId({ devices, tenantId }: Stage, isReporting = true): Promise<string> {
  const { items } = await devices.list(analyst, tenantId, { limit: 200 })
  const found = items.find(
    ({ health, onboarding, osPlatform, mergedInto }) =>
      (health === 'active') === isReporting &&
      onboarding === 'onboarded' &&
      mergedInto === null &&
      (osPlatform ?? '').startsWith('Windows1'),
  )
  if (!found) throw new Error('there is no such device')
  return found.deviceId
}

/** The roles that the tenant granted. */
export async function devicesRoles({ tenants, tenantId }: Awaited<ReturnType<typeof givenStage>>) {
  return (await tenants.get(analyst, tenantId)).rolesGranted
}
