import { randomUUID } from 'node:crypto'
import type { Failure } from '../../src/errors.ts'
import { namedFailure } from '../../src/microsoft/failures/named-failure.ts'
import type { Database } from '../../src/platform/database/index.ts'
import type { Actor } from '../../src/tenants/actor.ts'
import { customerNameKey } from '../../src/tenants/customer-name.ts'
import { ensureCustomer } from '../../src/tenants/store.ts'
import type { TestDatabase } from '../helpers/database.ts'

export const admin: Actor = {
  kind: 'staff',
  id: 'b7a9a1de-0000-4000-8000-000000000001',
  label: 'admin@partner.example',
  role: 'admin',
  tenants: 'all',
}
export const reader: Actor = { ...admin, id: 'b7a9a1de-0000-4000-8000-000000000003', role: 'reader' }

export function limitedTo(...tags: string[]): Actor {
  return { ...admin, id: 'b7a9a1de-0000-4000-8000-000000000004', tenants: { tags, ids: [] } }
}

export async function givenTenant(
  db: Database,
  values: {
    id?: string
    name?: string
    customer?: string
    status?: string
    tags?: string[]
    rolesGranted?: string[]
    rolesMissing?: string[]
    lastSuccessAt?: Date | null
    domain?: string
  } = {},
): Promise<string> {
  const { customer: customerName, ...columns } = values
  const name = customerName ?? values.name ?? 'Fabrikam'
  const customer = await ensureCustomer(db, name, customerNameKey(name))
  const id = values.id ?? randomUUID()
  await db.tenant.create({
    data: {
      id,
      customerId: customer.id,
      cloud: 'global',
      status: 'connected',
      ...columns,
      name: values.name ?? name,
    },
  })
  return id
}

export function failure(
  code: Parameters<typeof namedFailure>[0],
  details: Partial<Parameters<typeof namedFailure>[1]> = {},
): Failure {
  return namedFailure(code, { service: 'graph', ...details })
}

/** Removes every row that tests of tenants and consent make. */
export async function emptyDatabase({ db, emptyAudit }: TestDatabase): Promise<void> {
  await db.invitation.deleteMany()
  await db.tenant.deleteMany()
  await db.customer.deleteMany()
  await emptyAudit()
  await db.setting.deleteMany()
}
