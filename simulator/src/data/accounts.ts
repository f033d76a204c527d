import type { CustomerProfile } from '../world.ts'
import { industries } from './industries.ts'
import { makeRandom, seedOf } from './random.ts'

/** An account of a tenant, named for a role and never for a person. */
export type Account = {
  name: string
  displayName: string
  upn: string
  objectId: string
  sid: string
  /** the NetBIOS name of the domain, or the machine's name for local accounts */
  domain: string
  department: string
  jobTitle: string
  isAdmin: boolean
  city: string
  country: string
}

const commonDepartments = ['accounts', 'sales', 'office', 'hr', 'marketing', 'procurement', 'it-support']
const cities = [
  ['Rotterdam', 'NL'],
  ['Leeds', 'GB'],
  ['Columbus', 'US'],
  ['Halifax', 'CA'],
  ['Graz', 'AT'],
  ['Aarhus', 'DK'],
  ['Porto', 'PT'],
  ['Perth', 'AU'],
] as const

export const systemAccount: Account = {
  name: 'system',
  displayName: 'SYSTEM',
  upn: '',
  objectId: '',
  sid: 'S-1-5-18',
  domain: 'nt authority',
  department: '',
  jobTitle: '',
  isAdmin: true,
  city: '',
  country: '',
}

/** The NetBIOS name that accounts of this customer carry: at most 15 characters, upper case. */
function netbiosDomain(profile: CustomerProfile): string {
  return profile.domain.replace('.example', '').replaceAll('-', '').slice(0, 15).toUpperCase()
}

/** The accounts of a tenant; its administrators (the people who can sign in) come first. */
export function makeAccounts(profile: CustomerProfile, count: number): Account[] {
  const random = makeRandom(seedOf(profile.seed, 'accounts'))
  const domain = netbiosDomain(profile)
  const domainSid = `S-1-5-21-${random.int(1e8, 2e9)}-${random.int(1e8, 2e9)}-${random.int(1e8, 2e9)}`
  const [city, country] = random.pick(cities)
  const own = industries.find(industry => industry.name === profile.industry)?.departments ?? []
  const departments = [...own, ...commonDepartments]

  const people = profile.people.map((person, index) => ({
    name: person.username.slice(0, person.username.indexOf('@')),
    displayName: person.displayName,
    upn: person.username,
    objectId: person.objectId,
    sid: `${domainSid}-${1101 + index}`,
    domain,
    department: 'it',
    jobTitle: person.displayName,
    isAdmin: person.directoryRoles.length > 0,
    city,
    country,
  }))
  const others = Array.from({ length: Math.max(0, count - people.length) }, (_, index): Account => {
    const department = departments[index % departments.length] ?? 'office'
    const round = Math.floor(index / departments.length) + 1
    const name = round === 1 ? department : `${department}-${round}`
    return {
      name,
      displayName: `${department.charAt(0).toUpperCase()}${department.slice(1)} ${round}`,
      upn: `${name}@${profile.domain}`,
      objectId: random.guid(),
      sid: `${domainSid}-${1201 + index}`,
      domain,
      department,
      jobTitle: round === 1 ? `Head of ${department}` : `${department} clerk`,
      isAdmin: false,
      city,
      country,
    }
  })
  return [...people, ...others]
}
