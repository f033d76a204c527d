import type { Surface } from '../clouds/clouds.ts'
import type { RemoteFailure } from '../errors.ts'
import { type CallParts, createCallSurface } from './call.ts'
import { type HuntAnswer, type HuntRequest, hunt } from './hunt.ts'
import { probe } from './probe.ts'

export type { OnOutcome } from './call.ts'
export type { HuntAnswer, HuntRequest } from './hunt.ts'

/**
 * The Defender APIs of customer tenants behind one interface. `roles` is
 * always the tenant's granted roles (`surface:Role`); they decide which
 * surface is asked. Every function throws AppError `role_missing` when no
 * granted role opens it, and RemoteError when the service refuses or fails.
 */
export type Defender = {
  /** Runs KQL in one tenant; hunting/ reads the text. */
  hunt(tenantId: string, roles: readonly string[], request: HuntRequest): Promise<HuntAnswer>
  /** One small live call for verification; null when the surface answered. Its outcome is not reported. */
  probe(tenantId: string, surface: Surface, roles: readonly string[]): Promise<RemoteFailure | null>
}

export function createDefender(parts: CallParts): Defender {
  const call = createCallSurface(parts)
  // Whoever probes writes the tenant's state from it; reporting it as well would ask for another check.
  const quietCall = createCallSurface({ ...parts, onOutcome: () => {} })

  return {
    hunt: (tenantId, roles, request) => hunt(call, tenantId, roles, request),
    probe: (tenantId, surface, roles) => probe(quietCall, tenantId, surface, roles),
  }
}
