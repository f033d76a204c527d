import { EntraError } from '../entra/aadsts.ts'
import type { ConsentOutcome, EntraContext, TokenOptions } from '../entra/context.ts'
import type { Propagation, ResourceStatus } from '../entra/directory.ts'
import type { Quotas } from '../quota.ts'
import type { RequiredPermission } from '../registration.ts'
import type { FederatedCredential, StateStore } from '../state.ts'
import type { ActionFailure, CustomerProfile, HuntingLimits, License, Surface } from '../world.ts'
import type { Fault, NewFault, NewFaults } from './fault.ts'
import type { FaultList } from './fault-list.ts'
import type { Latencies, Latency } from './latency.ts'
import type { OnceList } from './once.ts'
import type { RequestCount, RequestFilter, RequestLog } from './request-log.ts'
import { reportTenant, type TenantReport } from './tenant-report.ts'

type Parts = {
  entra: EntraContext
  store: StateStore
  quotas: Quotas
  faults: FaultList
  latencies: Latencies
  requests: RequestLog
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
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  addFault(fault: NewFault): Fault {
    return this.#parts.faults.add(fault)
  }

  /** The same fault for each of many tenants, counted apart. */
  faultMany(faults: NewFaults): Fault[] {
    return this.#parts.faults.addMany(faults)
  }

  removeFault(id: string): boolean {
    return this.#parts.faults.remove(id)
  }

  clearFaults(): void {
    this.#parts.faults.clear()
  }

  faults(): Fault[] {
    return this.#parts.faults.all()
  }

  setLatency(latency: Latency): void {
    this.#parts.latencies.set(latency)
  }

  /** Published rates can be switched off, or multiplied. */
  setQuota({ enabled, scale }: { enabled?: boolean; scale?: number }): void {
    const { quotas } = this.#parts
    if (enabled !== undefined) quotas.isEnabled = enabled
    if (scale !== undefined) quotas.scale = scale
    quotas.reset()
  }

  /** What one hunting query may take and give, on every surface; what is not named is as published. */
  setHuntingLimits(limits: Partial<HuntingLimits>): void {
    const { huntingLimits } = this.#parts
    for (const name of ['rows', 'bytes', 'seconds'] as const) delete huntingLimits[name]
    Object.assign(huntingLimits, limits)
  }

  /** The next device action does not succeed: in one tenant, or whichever comes next. */
  failNextAction(failure: ActionFailure, tenant?: string): void {
    this.#parts.actionFailures.put(failure, tenant === undefined ? undefined : this.#tenant(tenant).tenantId)
  }

  /** How long consent made from now on takes to show, in milliseconds. */
  setPropagation(propagation: Partial<Propagation>): void {
    Object.assign(this.#parts.entra.directory.propagation, propagation)
  }

  setTokenOptions(options: TokenOptions): void {
    const { tokenOptions } = this.#parts.entra
    delete tokenOptions.lifetimeSeconds
    delete tokenOptions.refreshInSeconds
    Object.assign(tokenOptions, options)
  }

  /** Moves the world's clock, forwards or back. */
  advanceClock(ms: number): Date {
    this.#parts.store.state.clockOffsetMs += ms
    this.#parts.store.changed()
    return this.#parts.entra.world.now()
  }

  /** How the next admin consent ends: in one tenant, or whichever comes next. */
  setNextConsent(outcome: ConsentOutcome, tenant?: string): void {
    this.#parts.consents.put(outcome, tenant === undefined ? undefined : this.#tenant(tenant).tenantId)
  }

  /** Refuses the next sign-in to the application with this AADSTS number. */
  setNextSignIn({ aadsts, error }: { aadsts: number; error?: string }): void {
    this.#parts.signIns.put(new EntraError(aadsts, undefined, error))
  }

  /**
   * Grants as if an administrator had consented elsewhere; every role of the registration unless some are named.
   *
   * @param isOld that was long ago: it shows at once
   */
  grantConsent(tenant: string, roles?: string[], isOld = false): void {
    const { directory, registration } = this.#parts.entra
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

  deleteTenant(tenant: string): void {
    this.#record(tenant).deleted = true
  }

  /** @param tenantId the GUID: a deleted tenant has no name */
  restoreTenant(tenantId: string): void {
    delete this.#parts.entra.directory.change(tenantId.toLowerCase()).deleted
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
    const { registration } = this.#parts.entra
    this.removePermission(permission.surface, permission.role)
    registration.setPermissions([...registration.permissions, permission])
  }

  removePermission(surface: Surface, role: string): void {
    const { registration } = this.#parts.entra
    registration.setPermissions(
      registration.permissions.filter(each => each.surface !== surface || each.role !== role),
    )
  }

  /** Ends one client secret, or all. */
  expireSecret(value?: string): void {
    this.#parts.entra.registration.expireSecrets(value)
  }

  addSecret(value: string, expiresAt: Date): void {
    this.#parts.entra.registration.addSecret(value, expiresAt)
  }

  removeSecret(value: string): void {
    this.#parts.entra.registration.removeSecret(value)
  }

  /** @returns the thumbprints, base64url, that assertions name the certificate by */
  registerCertificate(pem: string): { sha1: string; sha256: string } {
    const { sha1, sha256 } = this.#parts.entra.registration.addCertificate(pem)
    return { sha1, sha256 }
  }

  removeCertificates(): void {
    this.#parts.entra.registration.removeCertificates()
  }

  registerFederatedCredential(credential: FederatedCredential): void {
    this.#parts.entra.registration.addFederatedCredential(credential)
  }

  /** A new signing key; the one before stays published, the oldest is gone. */
  async rollKeys(): Promise<void> {
    const { keys, world } = this.#parts.entra
    await keys.roll(world.now())
  }

  requests(filter?: RequestFilter): RequestCount[] {
    return this.#parts.requests.list(filter)
  }

  resetRequests(): void {
    this.#parts.requests.reset()
  }

  /** @throws Error when there is no such tenant */
  tenant(tenant: string): TenantReport {
    return reportTenant(this.#parts.entra.directory, this.#tenant(tenant))
  }

  tenants(): TenantReport[] {
    const { directory, world } = this.#parts.entra
    return world.customers().map(customer => reportTenant(directory, customer))
  }

  /** @throws Error when there is no such tenant */
  #tenant(tenant: string): CustomerProfile {
    const found = this.#parts.entra.directory.find(tenant)
    if (!found) throw new Error(`There is no tenant ${tenant}.`)
    return found
  }

  #record(tenant: string) {
    return this.#parts.entra.directory.change(this.#tenant(tenant).tenantId)
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
