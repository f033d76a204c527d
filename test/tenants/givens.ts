import { randomUUID } from 'node:crypto'
import type { Database } from '../../src/database/index.ts'
import type { RemoteFailure } from '../../src/errors.ts'
import { namedFailure } from '../../src/remote/named-failure.ts'
import type { Actor } from '../../src/tenants/actor.ts'
import { customerNameKey } from '../../src/tenants/customer-name.ts'
import { ensureCustomer } from '../../src/tenants/store.ts'

export const admin: Actor = {
  kind: 'staff',
  id: 'b7a9a1de-0000-4000-8000-000000000001',
  label: 'admin@partner.example',
  role: 'admin',
  limitedToTags: [],
}
export const reader: Actor = { ...admin, id: 'b7a9a1de-0000-4000-8000-000000000003', role: 'reader' }

export function limitedTo(...tags: string[]): Actor {
  return { ...admin, id: 'b7a9a1de-0000-4000-8000-000000000004', limitedToTags: tags }
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
  facts: Partial<Parameters<typeof namedFailure>[1]> = {},
): RemoteFailure {
  return namedFailure(code, { service: 'graph', ...facts })
}

/** Removes every row that tests of tenants and consent make. */
export async function emptyDatabase(db: Database): Promise<void> {
  await db.invitation.deleteMany()
  await db.tenant.deleteMany()
  await db.customer.deleteMany()
  await db.auditEvent.deleteMany()
  await db.setting.deleteMany()
}
