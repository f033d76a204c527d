import { demoRegistration } from '../registration.ts'
import type { CustomerProfile, License, Person } from '../world.ts'
import { industries, placeNames } from './industries.ts'
import { makeRandom, type Random, seedOf } from './random.ts'

const everyLicense: readonly License[] = [
  'defender-xdr',
  'endpoint',
  'office365',
  'identity',
  'cloud-apps',
  'entra-p2',
]

type Plan = {
  size: CustomerProfile['size']
  licenses: readonly License[]
  regionScope: CustomerProfile['regionScope']
  regionSubScope?: CustomerProfile['regionSubScope']
}

/**
 * Makes the simulated customers: the same ones, in the same order, for the same seed. A longer list begins
 * with the shorter one, so that a demo may grow. The first few have every license; from the sixth on come
 * those that want care:
 *
 * - without Defender for Endpoint (index 6): consent ends in AADSTS650052, its device tables do not exist;
 * - Defender for Business (index 11: `endpoint` without `defender-xdr`): alert tables filled, device tables
 *   empty, no others;
 * - no Defender at all (index 14: no license);
 * - GCC (index 17) and GCC High (index 20): for links made in the wrong cloud.
 *
 * After the first 25 sizes lean to small, so that thousands stay cheap.
 *
 * @param count how many; 0 or more
 * @param seed any text; another one gives other companies
 */
export function makeCustomers(count: number, seed = 'tenantry'): CustomerProfile[] {
  const taken = new Set<string>()
  return Array.from({ length: count }, (_, index) => makeCustomer(seed, index, taken))
}

function makeCustomer(seed: string, index: number, taken: Set<string>): CustomerProfile {
  const tenantSeed = seedOf(seed, 'tenant', index)
  const random = makeRandom(tenantSeed)
  const industry = random.pick(industries)
  const tenantId = random.guid()
  const plan = planOf(index, random)
  const { name, slug } = nameCompany(random, industry.trades, index, taken)
  const domain = `${slug}.example`

  return {
    tenantId,
    name,
    domain,
    initialDomain: `${slug.replaceAll('-', '')}.onmicrosoft.example`,
    regionScope: plan.regionScope,
    ...(plan.regionSubScope ? { regionSubScope: plan.regionSubScope } : {}),
    industry: industry.name,
    size: plan.size,
    licenses: [...plan.licenses],
    // Made when asked for: ten thousand tenants would otherwise hold fifty thousand people for nothing.
    get people() {
      return makePeople(domain, tenantSeed)
    },
    get guests() {
      return makeGuests(tenantSeed)
    },
    seed: tenantSeed,
  }
}

function nameCompany(random: Random, trades: readonly string[], index: number, taken: Set<string>) {
  const trade = random.pick(trades)
  const start = random.int(0, placeNames.length - 1)
  for (let offset = 0; offset < placeNames.length; offset++) {
    const name = `${placeNames[(start + offset) % placeNames.length]} ${trade}`
    if (!taken.has(name)) {
      taken.add(name)
      return { name, slug: slugOf(name) }
    }
  }
  // Every place is used up for this trade; the number makes the name its own again.
  const name = `${placeNames[start]} ${trade} ${index + 1}`
  taken.add(name)
  return { name, slug: slugOf(name) }
}

function slugOf(name: string): string {
  return name.toLowerCase().replaceAll(' ', '-')
}

const specialPlans: Readonly<Record<number, Plan>> = {
  6: { size: 'small', licenses: ['defender-xdr', 'office365', 'identity', 'entra-p2'], regionScope: 'EU' },
  11: { size: 'small', licenses: ['endpoint'], regionScope: 'NA' },
  14: { size: 'small', licenses: [], regionScope: 'EU' },
  17: { size: 'medium', licenses: everyLicense, regionScope: 'NA', regionSubScope: 'GCC' },
  20: { size: 'medium', licenses: everyLicense, regionScope: 'USGov', regionSubScope: 'DODCON' },
}

const largeAmongTheFirst: ReadonlySet<number> = new Set([2, 9, 22])
const smallAmongTheFirst: ReadonlySet<number> = new Set([1, 4, 5, 7, 8, 12, 13, 16, 19, 23])

function planOf(index: number, random: Random): Plan {
  const regionScope = random.pick(['NA', 'NA', 'NA', 'EU', 'EU', 'EU', 'AS', 'WW'] as const)
  const roll = random.next()
  const licenseRoll = random.next()

  const special = specialPlans[index]
  if (special) return special
  if (index < 25) {
    const size = largeAmongTheFirst.has(index) ? 'large' : smallAmongTheFirst.has(index) ? 'small' : 'medium'
    return { size, licenses: everyLicense, regionScope }
  }
  const size = roll < 0.88 ? 'small' : roll < 0.98 ? 'medium' : 'large'
  return { size, licenses: commonLicenses(licenseRoll), regionScope }
}

function commonLicenses(roll: number): readonly License[] {
  if (roll < 0.8) return everyLicense
  if (roll < 0.9) return ['defender-xdr', 'endpoint', 'office365']
  if (roll < 0.96) return ['defender-xdr', 'endpoint', 'office365', 'identity', 'entra-p2']
  return ['endpoint']
}

const peopleByRole: readonly {
  login: string
  displayName: string
  directoryRoles: Person['directoryRoles']
}[] = [
  { login: 'admin', displayName: 'Administrator', directoryRoles: ['Global Administrator'] },
  { login: 'it-lead', displayName: 'IT lead', directoryRoles: ['Privileged Role Administrator'] },
  { login: 'app-admin', displayName: 'Application admin', directoryRoles: ['Application Administrator'] },
  { login: 'security', displayName: 'Security desk', directoryRoles: ['Security Administrator'] },
  { login: 'helpdesk', displayName: 'Helpdesk', directoryRoles: [] },
]

/** A consultant of another company, invited as a guest; the directory role comes with the tenant. */
function makeGuests(tenantSeed: number): Person[] {
  const random = makeRandom(seedOf(tenantSeed, 'guests'))
  return [
    {
      objectId: random.guid(),
      username: `consultant@${demoRegistration.partnerDomain}`,
      displayName: 'External consultant (guest)',
      directoryRoles: ['Global Administrator'],
    },
  ]
}

function makePeople(domain: string, tenantSeed: number): Person[] {
  const random = makeRandom(seedOf(tenantSeed, 'people'))
  return peopleByRole.map(({ login, displayName, directoryRoles }) => ({
    objectId: random.guid(),
    username: `${login}@${domain}`,
    displayName,
    directoryRoles: [...directoryRoles],
  }))
}
