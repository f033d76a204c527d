import { onTestFinished } from 'vitest'
import { createEndpoints } from '../../src/clouds/endpoints.ts'
import { createDefender, type Defender, type OnOutcome } from '../../src/defender/index.ts'
import type { RemoteFailure } from '../../src/errors.ts'
import { createMemoryQuotaStore, createQuotas, createRemote } from '../../src/remote/index.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/index.ts'
import { demoRegistration } from '../../src/simulator/registration.ts'
import type { CustomerProfile } from '../../src/simulator/world.ts'
import { createTokens, type Tokens } from '../../src/tokens/index.ts'

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

type Outcome = { tenantId: string; surface: string; failure: RemoteFailure | null }

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
export async function givenDefender(options: Partial<SimulatorOptions> = {}): Promise<Setup> {
  const simulator = await startSimulator({
    publicUrl: 'http://localhost:3000',
    propagationMs: { principal: 0, roles: 0 },
    tenants: 15,
    ...options,
  })
  onTestFinished(() => simulator.close())
  const tenant = customerWhere(simulator, ({ licenses }) => licenses.length === 6)
  simulator.control.grantConsent(tenant.tenantId, allRoles)

  const outcomes: Outcome[] = []
  const onOutcome: OnOutcome = (tenantId, surface, failure) => outcomes.push({ tenantId, surface, failure })
  const { tokens, defender } = givenLayers(simulator.origin, onOutcome)
  return { simulator, defender, tokens, outcomes, tenant }
}

/** Everything from the quotas up to the surfaces, with all hosts at one origin. */
function givenLayers(origin: string, onOutcome?: OnOutcome): { tokens: Tokens; defender: Defender } {
  const endpoints = createEndpoints('global', {
    login: origin,
    graph: origin,
    defender: origin,
    endpoint: origin,
  })
  const remote = createRemote({ quotas: createQuotas({ store: createMemoryQuotaStore() }), random: () => 0 })
  onTestFinished(() => remote.close())
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
export async function failureOf(work: Promise<unknown>): Promise<RemoteFailure> {
  try {
    await work
  } catch (error) {
    if (error instanceof Error && 'failure' in error) return error.failure as RemoteFailure
    throw error
  }
  throw new Error('the call succeeded')
}
