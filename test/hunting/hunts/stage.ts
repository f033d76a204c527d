import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { createAudit } from '../../../src/audit/audit.ts'
import { AppError } from '../../../src/errors.ts'
import { createHunts, type Hunts, type HuntsOptions } from '../../../src/hunting/hunts/hunts.ts'
import { type HuntView, isOver } from '../../../src/hunting/hunts/model.ts'
import type { HuntCall } from '../../../src/microsoft/defender/index.ts'
import { createPool } from '../../../src/platform/database/connections/connections.ts'
import type { Database } from '../../../src/platform/database/index.ts'
import type { Actor } from '../../../src/tenants/actor.ts'
import { analyzer } from '../../helpers/analyzer.ts'
import { createTestDatabase } from '../../helpers/database.ts'
import { admin, givenTenant } from '../../tenants/givens.ts'

export const analyst: Actor = { ...admin, role: 'analyst', label: 'analyst@partner.example' }
export const huntingRole = 'graph:ThreatHunting.Read.All'
export const query = 'DeviceInfo | project DeviceName'

export { graphAnswer } from '../engine/graph-answer.ts'

export type Stage = { db: Database; url: string; hunts: Hunts; calls: string[]; deps: HuntsOptions }

/** The engine on a real database; what tenants answer is given. */
export async function givenHunts(
  answer: (tenantId: string, request: HuntCall) => Promise<string> | string,
  options: Partial<HuntsOptions> & { work?: boolean } = {},
): Promise<Stage> {
  const database = await createTestDatabase()
  const pool = createPool(database.url, { name: 'hunts', max: 6 })
  const calls: string[] = []
  const { work = true, ...rest } = options
  const dataDir = await mkdtemp(join(tmpdir(), 'tenantry-hunts-'))
  const deps: HuntsOptions = {
    db: database.db,
    pool,
    connectionString: database.url,
    audit: createAudit({ db: database.db, key: randomBytes(32) }),
    analyzer,
    async hunt(tenantId, _roles, request) {
      calls.push(tenantId)
      const text = await answer(tenantId, request)
      return { text, wire: 'graph', surface: 'graph', durationMs: 5, requestId: randomUUID() }
    },
    log: console,
    keepDays: 30,
    dataDir,
    random: () => 0,
    ...rest,
    engine: { pollMs: 200, ...rest.engine },
  }
  const hunts = createHunts(deps)
  await hunts.start({ work })
  onTestFinished(async () => {
    await hunts.stop(1_000)
    await pool.end()
    await database.drop()
    await rm(dataDir, { recursive: true, force: true })
  })
  return { db: database.db, url: database.url, hunts, calls, deps }
}

/** Tenants named `Tenant 000` and so on, which granted hunting. */
export async function givenTenants(
  db: Database,
  count: number,
  values: Parameters<typeof givenTenant>[1] = {},
): Promise<string[]> {
  const ids: string[] = []
  for (let index = 0; index < count; index++) {
    const name = `Tenant ${String(index).padStart(3, '0')}`
    ids.push(await givenTenant(db, { name, rolesGranted: [huntingRole], ...values }))
  }
  return ids
}

/** The hunt once nothing more happens to it. */
export async function ended(hunts: Hunts, id: string, actor: Actor = analyst): Promise<HuntView> {
  return until(
    () => hunts.get(actor, id),
    hunt => isOver(hunt.status),
  )
}

export async function until<T>(
  look: () => Promise<T>,
  isSo: (value: T) => boolean,
  mostMs = 30_000,
): Promise<T> {
  const end = Date.now() + mostMs
  for (;;) {
    const value = await look()
    if (isSo(value)) return value
    if (Date.now() > end) throw new Error(`it did not come about: ${JSON.stringify(value)?.slice(0, 2000)}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** The refusal that work ends with. */
export async function refusalOf(work: Promise<unknown>): Promise<AppError> {
  try {
    await work
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  throw new Error('it was not refused')
}
