import type { FastifyRequest } from 'fastify'

/** One family of APIs, with its own audience, app roles and error bodies. */
export type Surface = 'graph' | 'defender' | 'endpoint'

export type DirectoryRole =
  | 'Global Administrator'
  | 'Privileged Role Administrator'
  | 'Cloud Application Administrator'
  | 'Application Administrator'
  | 'Security Administrator'
  | 'Security Reader'

/** Somebody who can sign in to a tenant; `appRoles` are those of the partner's own registration. */
export type Person = {
  objectId: string
  username: string
  displayName: string
  directoryRoles: DirectoryRole[]
  appRoles?: string[]
}

export type License = 'defender-xdr' | 'endpoint' | 'office365' | 'identity' | 'cloud-apps' | 'entra-p2'

/** A customer's tenant. Everything else about it follows from `seed` and the world's epoch. */
export type CustomerProfile = {
  tenantId: string
  name: string
  domain: string
  initialDomain: string
  regionScope: 'NA' | 'EU' | 'AS' | 'WW' | 'USGov'
  regionSubScope?: 'GCC' | 'DODCON' | 'DOD'
  industry: string
  size: 'small' | 'medium' | 'large'
  licenses: License[]
  people: Person[]
  /** Accounts of other tenants that were invited into this one. */
  guests?: Person[]
  seed: number
}

/**
 * What the simulator knows. A deleted tenant is no longer found, and a profile
 * carries the licenses as they are now: ask again for each request.
 */
export type World = {
  /** when this world began; kept across restarts */
  epoch: Date
  /** the world's clock, which the control endpoint can move */
  now(): Date
  /** by GUID or by any verified domain, in any case */
  customer(tenantIdOrDomain: string): CustomerProfile | undefined
  customers(): CustomerProfile[]
  overlay: Overlay
}

export type OverlayKind = 'incident' | 'machine-action' | 'machine-tag' | 'alert' | 'raised' | 'fate'

/** Changes made through the APIs, kept across restarts. Values must survive JSON. */
export type Overlay = {
  get<T>(tenantId: string, kind: OverlayKind, id: string): T | undefined
  set<T>(tenantId: string, kind: OverlayKind, id: string, value: T): void
  delete(tenantId: string, kind: OverlayKind, id: string): void
  entries<T>(tenantId: string, kind: OverlayKind): Iterable<[string, T]>
}

/** Who calls an API, as the verified token says. */
export type Caller = {
  tenantId: string
  appId: string
  appName: string
  roles: string[]
  /** the id that answers carry and support asks for */
  requestId: string
}

/** What a call draws on; each has its own published rate. */
export type Quota =
  | 'hunting'
  | 'incidents'
  | 'alerts'
  | 'devices'
  | 'batch-update'
  | 'package-uri'
  | 'investigation'

/** How a device action ends when it does not succeed. */
export type ActionFailure = 'Failed' | 'TimeOut'

/** The most that one hunting query may take and give. */
export type HuntingLimits = { rows: number; bytes: number; seconds: number }

export type ApiContext = {
  world: World
  /**
   * Verifies the bearer token for a surface: signature, time on the world's
   * clock, audience, and a tenant that exists.
   *
   * @throws ApiRefusal 401 with that surface's own body
   */
  authenticate(request: FastifyRequest, surface: Surface): Caller
  /** @throws ApiRefusal 403 that names the roles wanted and the roles held, when none of `anyOf` is held */
  requireRoles(caller: Caller, surface: Surface, anyOf: string[]): void
  /**
   * Counts one call against the tenant's quota.
   *
   * @param destination for the endpoint surface, the route: its rates are kept per call
   * @throws ApiRefusal 429 in that surface's shape when the quota is spent
   */
  throttle(caller: Caller, surface: Surface, quota: Quota, destination?: string): void
  huntingLimits(surface: Surface): HuntingLimits
  /** takes the failure that was set for the next device action in this tenant, if one was */
  takeActionFailure(tenantId: string): ActionFailure | undefined
  /** The origin that absolute links in answers carry: the cloud's own, unless the simulator was told otherwise. */
  linkOrigin(surface: 'graph'): string
  linkOrigin(surface: Surface, tenantId: string): string
}
