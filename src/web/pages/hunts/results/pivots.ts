import type { Column, Row } from '../../../../hunting/results/model.ts'

/**
 * For each value of a row our page about what it names: the tenant, a device,
 * an incident, or the incident of an alert. Ids belong to the row's tenant.
 */
export function pivots(columns: Column[], row: Row): (string | null)[] {
  const textOf = (name: string): string => {
    const cell = row[columns.findIndex(column => column.name === name)]
    return typeof cell === 'string' || typeof cell === 'number' ? String(cell) : ''
  }
  const tenant = `/tenants/${textOf('TenantId')}`
  const pageOf: Record<string, (value: string) => string> = {
    TenantId: () => tenant,
    TenantName: () => tenant,
    DeviceId: id => `${tenant}/devices/${encodeURIComponent(id)}`,
    // A name is looked up, unless the row has the id as well.
    DeviceName: name => {
      const id = textOf('DeviceId')
      const search = encodeURIComponent(name)
      return id ? `${tenant}/devices/${encodeURIComponent(id)}` : `${tenant}/devices?search=${search}`
    },
    IncidentId: id => `${tenant}/incidents/${encodeURIComponent(id)}`,
    AlertId: id => `${tenant}/alerts/${encodeURIComponent(id)}`,
  }
  return columns.map(({ name }) => {
    const value = Object.hasOwn(pageOf, name) ? textOf(name) : ''
    return value === '' ? null : (pageOf[name]?.(value) ?? null)
  })
}
