import { requireGiven } from '../consent/require-given.ts'
import { stage } from '../consent/use-stage.ts'

/** A customer whose consent is proven and not verified yet. */
export async function givenProven() {
  const customer = stage.nextCustomer()
  const visitor = await stage.invite(customer)
  await visitor.walk()
  return { customer, visitor, tenantId: customer.tenantId }
}

export async function givenConnected() {
  const proven = await givenProven()
  await stage.drain()
  requireGiven((await stage.tenant(proven.tenantId)).status === 'connected')
  return proven
}
