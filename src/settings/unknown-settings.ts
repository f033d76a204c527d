import { editDistance } from './edit-distance.ts'
import type { SettingProblem } from './reader.ts'
import { knownNames } from './settings-table.ts'

const prefix = 'TENANTRY_'
/** Names that only the project's own tests read. */
const testPrefix = 'TENANTRY_TEST_'

/**
 * What Kubernetes puts into every container of a namespace in which a service
 * is called `tenantry` or `tenantry-…`. Nobody set these.
 *
 * @see Kubernetes, "Service", environment variables
 */
const serviceLink = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/

export function isServiceLink(name: string, value: string): boolean {
  // "…_PORT" alone is also how people name a port: there the value tells.
  return serviceLink.test(name) || (name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(value))
}

/** Settings with our prefix that nobody reads: a wrong name would otherwise have no effect, unseen. */
export function findUnknownSettings(environment: Record<string, string | undefined>): SettingProblem[] {
  return Object.entries(environment).flatMap(([name, value]) => {
    const isOurs = name.toUpperCase().startsWith(prefix) && !name.startsWith(testPrefix)
    if (!isOurs || value === undefined || knownNames.includes(name) || isServiceLink(name, value)) return []
    return [
      {
        setting: name,
        message: 'is not a setting',
        remedy: `remove it, or write ${nearestName(name)} if that is meant`,
      },
    ]
  })
}

function nearestName(name: string): string {
  const wanted = name.toUpperCase()
  const distances = knownNames.map(known => ({
    known,
    distance: Math.min(
      editDistance(wanted, known),
      // PORT, HOST and DATABASE_URL have no prefix, which is easily forgotten.
      editDistance(wanted.slice(prefix.length), known),
    ),
  }))
  return distances.reduce((best, one) => (one.distance < best.distance ? one : best)).known
}
