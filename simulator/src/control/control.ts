import { EntraError } from '../entra/aadsts.ts'
import type { ConsentOutcome, EntraContext, TokenOptions } from '../entra/context.ts'
import type { Propagation, ResourceStatus } from '../entra/directory.ts'
import type { Quotas } from '../quota.ts'
import type { RequiredPermission } from '../registration.ts'
import type { FederatedCredential, StateStore } from '../state.ts'
import type { ActionFailure, CustomerProfile, HuntingLimits, License, Surface, World } from '../world.ts'
import type { Fault, NewFault, NewFaults } from './fault.ts'
import type { FaultList } from './fault-list.ts'
import {
  changeInPortal,
  deleteIncident,
  type IncidentReport,
  merge,
  type PortalChange,
  raise,
  reportIncidents,
} from './incidents.ts'
import type { Latencies, Latency } from './latency.ts'
import type { OnceList } from './once.ts'
import type { RequestCount, RequestFilter, RequestLog } from './request-log.ts'
import type { EndpointAudiences, Retirement, Retirements } from './retirements.ts'
import { reportTenant, type TenantReport } from './tenant-report.ts'

type Deps = {
  entra: EntraContext
  store: StateStore
  quotas: Quotas
  faults: FaultList
  latencies: Latencies
  requests: RequestLog
  retirements: Retirements
  audiences: EndpointAudiences
  consents: OnceList<ConsentOutcome>
  signIns: OnceList<EntraError>
  actionFailures: OnceList<ActionFailure>
  huntingLimits: Partial<HuntingLimits>
}

type GrantedRole = { surface: Surface; role: string }

/**
 * The hand that moves the simulated world: what a customer's or the partner's
 * administrator would do elsewhere, and what can go wrong. The same functions
 * answer over HTTP. Tenants are named by GUID or domain.
 */
export class Control {
  readonly #deps: Deps

  constructor(deps: Deps) {
    this.#deps = deps
  }

  addFault(fault: NewFault): Fault {
    return this.#deps.faults.add(fault)
  }

  /** The same fault for each of many tenants, counted apart. */
  faultMany(faults: NewFaults): Fault[] {
    return this.#deps.faults.addMany(faults)
  }

  removeFault(id: string): boolean {
    return this.#deps.faults.remove(id)
  }

  clearFaults(): void {
    this.#deps.faults.clear()
  }

  faults(): Fault[] {
    return this.#deps.faults.all()
  }

  setLatency(latency: Latency): void {
    this.#deps.latencies.set(latency)
  }

  /** Published rates can be switched off, or multiplied. */
  setQuota({ enabled, scale }: { enabled?: boolean; scale?: number }): void {
    const { quotas } = this.#deps
    if (enabled !== undefined) quotas.isEnabled = enabled
    if (scale !== undefined) quotas.scale = scale
    quotas.reset()
  }

  /** What one hunting query may take and give, on every surface; what is not named is as published. */
  setHuntingLimits(limits: Partial<HuntingLimits>): void {
    const { huntingLimits } = this.#deps
    for (const name of ['rows', 'bytes', 'seconds'] as const) delete huntingLimits[name]
    Object.assign(huntingLimits, limits)
  }

  /** An API is no longer served from now on. */
  retireApi({ tenant, ...retirement }: Omit<Retirement, 'tenantId'> & { tenant?: string | undefined }): void {
    const tenantId = tenant === undefined ? undefined : this.#tenant(tenant).tenantId
    this.#deps.retirements.add({ ...retirement, tenantId })
  }

  /** Every API is served again. */
  restoreApis(): void {
    this.#deps.retirements.clear()
  }

  /** Whose token the Defender for Endpoint API takes when it is called by this host name. */
  setEndpointAudience(host: string, surface: Surface): void {
    this.#deps.audiences.set(host, surface)
  }

  /** The next device action does not succeed: in one tenant, or whichever comes next. */
  failNextAction(failure: ActionFailure, tenant?: string): void {
    this.#deps.actionFailures.put(failure, tenant === undefined ? undefined : this.#tenant(tenant).tenantId)
  }

  /** How long consent made from now on takes to show, in milliseconds. */
  setPropagation(propagation: Partial<Propagation>): void {
    Object.assign(this.#deps.entra.directory.propagation, propagation)
  }

  setTokenOptions(options: TokenOptions): void {
    const { tokenOptions } = this.#deps.entra
    delete tokenOptions.lifetimeSeconds
    delete tokenOptions.refreshInSeconds
    Object.assign(tokenOptions, options)
  }

  /** Moves the world's clock, forwards or back. */
  advanceClock(ms: number): Date {
    this.#deps.store.state.clockOffsetMs += ms
    this.#deps.store.changed()
    return this.#deps.entra.world.now()
  }

  /** How the next admin consent ends: in one tenant, or whichever comes next. */
  setNextConsent(outcome: ConsentOutcome, tenant?: string): void {
    this.#deps.consents.put(outcome, tenant === undefined ? undefined : this.#tenant(tenant).tenantId)
  }

  /** Refuses the next sign-in to the application with this AADSTS number: to one tenant, or whichever comes next. */
  setNextSignIn({
    aadsts,
    error,
    tenant,
  }: {
    aadsts: number
    error?: string | undefined
    tenant?: string | undefined
  }): void {
    const refusal = new EntraError(aadsts, undefined, error)
    this.#deps.signIns.put(refusal, tenant === undefined ? undefined : this.#tenant(tenant).tenantId)
  }

  /**
   * Grants as if an administrator had consented elsewhere; every role of the registration unless some are named.
   *
   * @param isOld that was long ago: it shows at once
   */
  grantConsent(tenant: string, roles?: string[], isOld = false): void {
    const { directory, registration } = this.#deps.entra
    const { permissions } = registration
    const granted = roles ? roles.map(role => readRole(role, permissions)) : permissions
    directory.grant(this.#tenant(tenant).tenantId, granted, { isOld })
  }

  /** Takes all roles back; the enterprise application stays. */
  revokeConsent(tenant: string): void {
    this.#record(tenant).grants = []
  }

  /** @param roles `Role` on whichever surface, or `surface:Role` */
  removeRoles(tenant: string, roles: string[]): void {
    const record = this.#record(tenant)
    record.grants = record.grants.filter(
      ({ surface, role }) => !roles.includes(role) && !roles.includes(`${surface}:${role}`),
    )
  }

  /** "Enabled for users to sign in" of the enterprise application. */
  setAppEnabled(tenant: string, isEnabled: boolean): void {
    const { principal } = this.#record(tenant)
    if (!principal) throw new Error(`The app is not in the tenant ${tenant}.`)
    principal.disabled = !isEnabled
  }

  deleteEnterpriseApp(tenant: string): void {
    const record = this.#record(tenant)
    delete record.principal
    record.grants = []
  }

  /** Microsoft blocks the tenant, or lifts the block with null. */
  setBlock(tenant: string, reason: 'inactivity' | 'fraud' | null): void {
    const record = this.#record(tenant)
    if (reason) record.blocked = reason
    else delete record.blocked
  }

  deleteTenant(tenant: string): void {
    this.#record(tenant).deleted = true
  }

  /** @param tenantId the GUID: a deleted tenant has no name */
  restoreTenant(tenantId: string): void {
    delete this.#deps.entra.directory.change(tenantId.toLowerCase()).deleted
  }

  setLicenses(tenant: string, licenses: License[]): void {
    this.#record(tenant).licenses = licenses
  }

  /** The service principal of an API in the tenant. */
  setResource(tenant: string, surface: Surface, status: ResourceStatus): void {
    const record = this.#record(tenant)
    record.resources = { ...record.resources, [surface]: status }
  }

  /** Adds a permission to the registration; tenants that consented before lack it. */
  addPermission(permission: RequiredPermission): void {
    const { registration } = this.#deps.entra
    this.removePermission(permission.surface, permission.role)
    registration.setPermissions([...registration.permissions, permission])
  }

  removePermission(surface: Surface, role: string): void {
    const { registration } = this.#deps.entra
    registration.setPermissions(
      registration.permissions.filter(each => each.surface !== surface || each.role !== role),
    )
  }

  /** Whether ID tokens carry the directory roles of whoever signs in (`wids`). */
  setDirectoryRolesClaim(isEmitted: boolean): void {
    this.#deps.entra.registration.emitsDirectoryRoles = isEmitted
  }

  /** Whether ID tokens say when the person gave proof of who they are (`auth_time`). */
  setAuthTimeClaim(isEmitted: boolean): void {
    this.#deps.entra.registration.emitsAuthTime = isEmitted
  }

  /** Ends one client secret, or all. */
  expireSecret(value?: string): void {
    this.#deps.entra.registration.expireSecrets(value)
  }

  addSecret(value: string, expiresAt: Date): void {
    this.#deps.entra.registration.addSecret(value, expiresAt)
  }

  removeSecret(value: string): void {
    this.#deps.entra.registration.removeSecret(value)
  }

  /** @returns the thumbprints, base64url, that assertions name the certificate by */
  registerCertificate(pem: string): { sha1: string; sha256: string } {
    const { sha1, sha256 } = this.#deps.entra.registration.addCertificate(pem)
    return { sha1, sha256 }
  }

  removeCertificates(): void {
    this.#deps.entra.registration.removeCertificates()
  }

  registerFederatedCredential(credential: FederatedCredential): void {
    this.#deps.entra.registration.addFederatedCredential(credential)
  }

  /** A new signing key; the one before stays published, the oldest is gone. */
  async rollKeys(): Promise<void> {
    const { keys, world } = this.#deps.entra
    await keys.roll(world.now())
  }

  /** The incidents of a tenant as they stand, newest first. */
  incidents(tenant: string): IncidentReport[] {
    return reportIncidents(this.#world, this.#tenant(tenant))
  }

  /** An incident is raised now, beside those that time brings. */
  raiseIncident(tenant: string): IncidentReport {
    return raise(this.#world, this.#tenant(tenant))
  }

  /** What somebody does in the customer's own portal. */
  changeIncident(tenant: string, incidentId: string, change: PortalChange): IncidentReport {
    return changeInPortal(this.#world, this.#tenant(tenant), incidentId, change)
  }

  /** The service joins an incident with another one. */
  mergeIncident(tenant: string, incidentId: string, into: string): void {
    merge(this.#world, this.#tenant(tenant), incidentId, into)
  }

  /** The service does not have the incident any more. */
  deleteIncident(tenant: string, incidentId: string): void {
    deleteIncident(this.#world, this.#tenant(tenant), incidentId)
  }

  requests(filter?: RequestFilter): RequestCount[] {
    return this.#deps.requests.list(filter)
  }

  resetRequests(): void {
    this.#deps.requests.reset()
  }

  /** @throws Error when there is no such tenant */
  tenant(tenant: string): TenantReport {
    return reportTenant(this.#deps.entra.directory, this.#tenant(tenant))
  }

  tenants(): TenantReport[] {
    const { directory, world } = this.#deps.entra
    return world.customers().map(customer => reportTenant(directory, customer))
  }

  /** @throws Error when there is no such tenant */
  #tenant(tenant: string): CustomerProfile {
    const found = this.#deps.entra.directory.find(tenant)
    if (!found) throw new Error(`There is no tenant ${tenant}.`)
    return found
  }

  get #world(): World {
    return this.#deps.entra.world
  }

  #record(tenant: string) {
    return this.#deps.entra.directory.change(this.#tenant(tenant).tenantId)
  }
}

// A bare role name means the first surface of the registration that has it.
function readRole(name: string, permissions: readonly RequiredPermission[]): GrantedRole {
  const [surface, role] = name.split(':')
  if (role !== undefined && (surface === 'graph' || surface === 'defender' || surface === 'endpoint')) {
    return { surface, role }
  }
  const known = permissions.find(permission => permission.role === name)
  if (!known) throw new Error(`Name the surface of ${name}, as in graph:${name}.`)
  return { surface: known.surface, role: name }
}
