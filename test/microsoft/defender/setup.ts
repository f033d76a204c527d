import { afterAll, onTestFinished } from 'vitest'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../simulator/src/index.ts'
import { demoRegistration } from '../../../simulator/src/registration.ts'
import type { CustomerProfile } from '../../../simulator/src/world.ts'
import type { Failure } from '../../../src/errors.ts'
import { createEndpoints, type Substitution } from '../../../src/microsoft/clouds/endpoints.ts'
import { createDefender, type Defender, type OnOutcome } from '../../../src/microsoft/defender/index.ts'
import { createMemoryQuotaStore, createQuotas, createRemote } from '../../../src/microsoft/http/index.ts'
import { createTokens, type Tokens } from '../../../src/microsoft/tokens/index.ts'

export const graphRoles = [
  'graph:SecurityIncident.ReadWrite.All',
  'graph:SecurityAlert.Read.All',
  'graph:ThreatHunting.Read.All',
]
export const defenderRoles = ['defender:Incident.ReadWrite.All', 'defender:AdvancedHunting.Read.All']
export const endpointRoles = [
  'endpoint:Machine.Read.All',
  'endpoint:Machine.Isolate',
  'endpoint:Machine.Scan',
  'endpoint:Machine.CollectForensics',
  'endpoint:User.Read.All',
  'endpoint:Alert.Read.All',
]
export const allRoles = [...graphRoles, ...defenderRoles, ...endpointRoles, 'endpoint:AdvancedQuery.Read.All']

type Outcome = { tenantId: string; surface: string; failure: Failure | null }

type Layers = { tokens: Tokens; defender: Defender }

export type Setup = {
  simulator: Simulator
  defender: Defender
  tokens: Tokens
  /** What `onOutcome` heard, in order. */
  outcomes: Outcome[]
  /** A customer with every license who granted every role. */
  tenant: CustomerProfile
}

/** The real layers against a simulator of their own; all end with the test. */
export async function givenDefender(options: SetupOptions = {}): Promise<Setup> {
  return startDefender(options, onTestFinished)
}

/** One simulator for all tests of a file; `renew` gives layers whose quotas are unused. */
export async function givenSharedDefender(): Promise<Setup & { renew(): Layers }> {
  const setup = await startDefender({}, afterAll)
  const { origin, control } = setup.simulator
  control.setQuota({ enabled: false })
  const origins = { login: origin, graph: origin, defender: origin, endpoint: origin }
  return { ...setup, renew: () => givenLayers(origins, onTestFinished) }
}

type AtEnd = (end: () => Promise<void>) => void

type SetupOptions = Partial<SimulatorOptions> & {
  /** Where Defender for Endpoint is found, and where its newer host is, as told by the simulator's own origin. */
  endpointOrigin?: (origin: string) => string
  defenderOrigin?: (origin: string) => string
}

async function startDefender(
  { endpointOrigin, defenderOrigin, ...options }: SetupOptions,
  atEnd: AtEnd,
): Promise<Setup> {
  const simulator = await startSimulator({
    publicUrl: 'http://localhost:3000',
    propagationMs: { principal: 0, roles: 0 },
    tenants: 15,
    ...options,
  })
  atEnd(() => simulator.close())
  const tenant = customerWhere(simulator, ({ licenses }) => licenses.length === 6)
  simulator.control.grantConsent(tenant.tenantId, allRoles)

  const outcomes: Outcome[] = []
  const onOutcome: OnOutcome = (tenantId, surface, failure) => outcomes.push({ tenantId, surface, failure })
  const { origin } = simulator
  const { tokens, defender } = givenLayers(
    {
      login: origin,
      graph: origin,
      defender: defenderOrigin?.(origin) ?? origin,
      endpoint: endpointOrigin?.(origin) ?? origin,
    },
    atEnd,
    onOutcome,
  )
  return { simulator, defender, tokens, outcomes, tenant }
}

/** Everything from the quotas up to the surfaces. */
function givenLayers(origins: Substitution, atEnd: AtEnd, onOutcome?: OnOutcome): Layers {
  const endpoints = createEndpoints('global', origins)
  const remote = createRemote({ quotas: createQuotas({ store: createMemoryQuotaStore() }), random: () => 0 })
  atEnd(() => remote.close())
  const tokens = createTokens({
    endpoints,
    clientId: demoRegistration.clientId,
    credentials: [{ kind: 'secret', secret: demoRegistration.clientSecret, label: 'client secret' }],
    remote,
  })
  const defender = createDefender({ remote, tokens, endpoints, ...(onOutcome ? { onOutcome } : {}) })
  return { tokens, defender }
}

export function customerWhere(
  { world }: Simulator,
  fits: (customer: CustomerProfile) => boolean,
): CustomerProfile {
  const found = world.customers().find(fits)
  if (!found) throw new Error('no customer is like that')
  return found
}

/** The failure that a call ends with. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  try {
    await work
  } catch (error) {
    if (error instanceof Error && 'failure' in error) return error.failure as Failure
    throw error
  }
  throw new Error('the call succeeded')
}
