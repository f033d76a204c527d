import type { Audit } from '../audit/audit.ts'
import type { Endpoints } from '../clouds/endpoints.ts'
import type { Database } from '../database/index.ts'
import type { RoleKey } from '../tenants/roles.ts'
import type { JourneyEnd } from './journey.ts'
import type { EnqueueVerification, ProofSignIn, ResolveTenant } from './parts.ts'

/** Where the browser goes next, or how the journey ended. */
export type JourneyStep = { kind: 'redirect'; url: URL } | { kind: 'end'; end: JourneyEnd }

/** What the journey is made of; services.ts hands it over. */
export type FlowParts = {
  db: Database
  audit: Audit
  /** Installation key. */
  key: Buffer
  endpoints: Endpoints
  clientId: string
  /** Base URL without a slash at its end. */
  publicUrl: string
  /** All that the customer is asked for, the merely welcome ones included: consent is for the complete list. */
  requiredRoles: readonly RoleKey[]
  signIn: ProofSignIn
  resolveTenant: ResolveTenant
  enqueueVerification: EnqueueVerification
  /** Tokens of before the consent are of no use any more. */
  dropTokens: (tenantId: string) => void
  now: () => Date
}

/** How long the way to Microsoft and back may take. */
export const attemptMs = 60 * 60_000
