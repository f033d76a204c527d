import type { CustomerProfile, License, Surface } from '../../world.ts'
import { huntingSchema, type TableSchema } from '../schema.ts'

/** `rows` when the tenant's products fill the table, `empty` when it is only there, `missing` when it does not resolve. */
export type Presence = 'rows' | 'empty' | 'missing'

const always = ['AlertInfo', 'AlertEvidence']

const byLicense: readonly (readonly [RegExp, License])[] = [
  [/^(Email|UrlClick|Campaign|FileMalicious|Message|CallActivity)/, 'office365'],
  [/^Identity/, 'identity'],
  [/^(Cloud|OAuthApp|Behavior|DataSecurity|Agents|AIAgents)/, 'cloud-apps'],
  [/^(EntraId|AAD|GraphAPI)/, 'entra-p2'],
  [/^(Device|Exposure|Disruption)/, 'endpoint'],
]

/**
 * Which tables a tenant has. Defender for Business (`endpoint` without `defender-xdr`) has its alerts and,
 * empty, the device tables; without any license nothing resolves.
 */
export function presenceOf(table: string, profile: CustomerProfile): Presence {
  const { licenses } = profile
  if (licenses.length === 0 || !huntingSchema.has(table)) return 'missing'
  if (always.includes(table)) return 'rows'
  const needed = byLicense.find(([pattern]) => pattern.test(table))?.[1]
  if (needed !== undefined && !licenses.includes(needed)) return 'missing'
  if (licenses.includes('defender-xdr')) return 'rows'
  return table.startsWith('Device') ? 'empty' : 'missing'
}

const schemas = new Map<string, TableSchema[]>()

/**
 * The tables that queries of a tenant may name on a surface; Defender for Endpoint's own API knows devices
 * and alerts only. The same array for the same licenses, so that binding is done once for all such tenants.
 */
export function visibleTables(profile: CustomerProfile, surface: Surface): TableSchema[] {
  const key = `${surface} ${[...profile.licenses].sort().join()}`
  const known = schemas.get(key)
  if (known) return known
  const tables = [...huntingSchema.values()].filter(
    ({ name }) =>
      presenceOf(name, profile) !== 'missing' &&
      (surface !== 'endpoint' || name.startsWith('Device') || always.includes(name)),
  )
  schemas.set(key, tables)
  return tables
}
