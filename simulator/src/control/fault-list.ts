import { randomUUID } from 'node:crypto'
import { type Fault, type NewFault, type NewFaults, newFault, newFaults, type Service } from './fault.ts'

export type FaultTarget = {
  service: Service
  tenantId: string | undefined
  path: string
  method: string
}

const everyTenant = '*'

/** The faults that wait for requests, found by tenant so that thousands of them cost nothing. */
export class FaultList {
  readonly #byTenant = new Map<string, Fault[]>()

  /** @throws ZodError when the fault is not one */
  add(fault: NewFault): Fault {
    const added: Fault = { ...newFault.parse(fault), id: randomUUID(), struck: 0 }
    const key = added.tenantId ?? everyTenant
    this.#byTenant.set(key, [...(this.#byTenant.get(key) ?? []), added])
    return added
  }

  /** The same fault for each of many tenants, each with its own count. */
  addMany(faults: NewFaults): Fault[] {
    const { tenantIds, ...fault } = newFaults.parse(faults)
    return tenantIds.map(tenantId => this.add({ ...fault, tenantId }))
  }

  remove(id: string): boolean {
    for (const [tenantId, faults] of this.#byTenant) {
      if (!faults.some(fault => fault.id === id)) continue
      this.#keep(
        tenantId,
        faults.filter(fault => fault.id !== id),
      )
      return true
    }
    return false
  }

  clear(): void {
    this.#byTenant.clear()
  }

  all(): Fault[] {
    return [...this.#byTenant.values()].flat()
  }

  /**
   * Takes what strikes this request: all delays, and the first fault of another
   * kind. Each is counted, and gone once it struck as often as it should.
   */
  take(target: FaultTarget): Fault[] {
    if (this.#byTenant.size === 0) return []
    const tenants = target.tenantId === undefined ? [everyTenant] : [target.tenantId, everyTenant]
    const fitting = tenants
      .flatMap(tenantId => this.#byTenant.get(tenantId) ?? [])
      .filter(
        ({ service, path, method }) =>
          service === target.service &&
          (!path || target.path.includes(path)) &&
          (!method || target.method === method),
      )
    const delays = fitting.filter(fault => fault.kind === 'delay')
    const struck = [...delays, ...fitting.filter(fault => fault.kind !== 'delay').slice(0, 1)]
    for (const fault of struck) {
      fault.struck += 1
      if (fault.struck === fault.times) this.remove(fault.id)
    }
    return struck
  }

  #keep(tenantId: string, faults: Fault[]): void {
    if (faults.length > 0) this.#byTenant.set(tenantId, faults)
    else this.#byTenant.delete(tenantId)
  }
}
