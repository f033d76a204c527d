import { randomBytes } from 'node:crypto'
import { type Audit, createAudit } from '../../src/audit/audit.ts'
import type { Surface } from '../../src/clouds/clouds.ts'
import { createDiscovery } from '../../src/clouds/discovery.ts'
import { createEndpoints } from '../../src/clouds/endpoints.ts'
import { type Connect, createConnect } from '../../src/consent/connect.ts'
import { type ConsentFlow, createConsentFlow } from '../../src/consent/flow.ts'
import { joinUrl } from '../../src/consent/invitation-view.ts'
import { createInvitations, type Invitations } from '../../src/consent/invitations.ts'
import { createObserve } from '../../src/consent/observation.ts'
import type { InvitationRecord } from '../../src/consent/store.ts'
import { createVerification, type Verification } from '../../src/consent/verification.ts'
import type { Database } from '../../src/database/index.ts'
import { RemoteError, type RemoteFailure } from '../../src/errors.ts'
import { createRemote } from '../../src/remote/index.ts'
import { type Simulator, startSimulator } from '../../src/simulator/index.ts'
import { demoRegistration } from '../../src/simulator/registration.ts'
import type { CustomerProfile } from '../../src/simulator/world.ts'
import type { RoleKey } from '../../src/tenants/roles.ts'
import { findTenant, type TenantRecord } from '../../src/tenants/store.ts'
import { createTenants, type Tenants } from '../../src/tenants/tenants.ts'
import { createTokens, type Tokens } from '../../src/tokens/index.ts'
import { createTestDatabase } from '../helpers/database.ts'
import { Browser, type Page } from '../simulator/browser.ts'
import { personWith } from '../simulator/world.ts'
import { admin, emptyDatabase } from '../tenants/givens.ts'

export const publicUrl = 'http://localhost:3000'
export const requiredRoles: RoleKey[] = [
  'graph:SecurityIncident.Read.All',
  'graph:SecurityAlert.Read.All',
  'graph:ThreatHunting.Read.All',
  'endpoint:Machine.Read.All',
]

/** Everything of the consent journey over loopback: a database, the simulator, the real tokens; jobs by hand. */
export type Stage = {
  db: Database
  key: Buffer
  audit: Audit
  simulator: Simulator
  tokens: Tokens
  tenants: Tenants
  invitations: Invitations
  flow: ConsentFlow
  verification: Verification
  connect: Connect
  /** Verification jobs that were asked for and not done. */
  jobs: { tenantId: string; run: number; afterSeconds: number }[]
  now(): Date
  /** Moves our clock and the simulator's on. */
  advance(ms: number): void
  /** Does every waiting job, moving both clocks on by what it was to wait. @returns jobs done */
  drain(most?: number): Promise<number>
  /** A customer of the simulator with every license, another one each time. */
  nextCustomer(): CustomerProfile
  tenant(id: string): Promise<TenantRecord>
  invite(customer: CustomerProfile, options?: { pinned?: boolean; name?: string }): Promise<Visitor>
  clean(): Promise<void>
  close(): Promise<void>
}

export async function createStage(): Promise<Stage> {
  const [database, simulator] = await Promise.all([
    createTestDatabase(),
    startSimulator({ publicUrl, tenants: 60, propagationMs: { principal: 0, roles: 0 } }),
  ])
  const { db } = database
  const key = randomBytes(32)
  let offsetMs = 0
  const now = () => new Date(Date.now() + offsetMs)
  const origin = simulator.origin
  const endpoints = createEndpoints('global', {
    login: origin,
    graph: origin,
    defender: origin,
    endpoint: origin,
  })
  // Rates are kept in real time, which the tests' clock runs ahead of.
  const remote = createRemote({ quotas: { take: async () => {}, penalize: async () => {} } })
  simulator.control.setQuota({ enabled: false })
  const { clientId, clientSecret, partnerTenantId } = demoRegistration
  const credentials = [{ kind: 'secret' as const, secret: clientSecret, label: 'secret' }]
  const tokens = createTokens({ endpoints, clientId, credentials, remote, partnerTenantId, now })
  const discovery = createDiscovery({ remote, endpoints })

  async function probe(tenantId: string, surface: Surface): Promise<RemoteFailure | null> {
    const path = {
      graph: '/v1.0/security/incidents?$top=1',
      defender: '/api/incidents?$top=1',
      endpoint: '/api/machines?$top=1',
    }
    try {
      const authorization = (await tokens.acquire(tenantId, surface)).authorization()
      const url = endpoints.url(surface, path[surface])
      await remote.call({
        service: surface,
        tenantId,
        method: 'GET',
        url,
        headers: { authorization },
        attempts: 1,
      })
      return null
    } catch (error) {
      if (error instanceof RemoteError) return error.failure
      throw error
    }
  }

  const jobs: Stage['jobs'] = []
  const enqueueVerification = async (tenantId: string, run: number, afterSeconds: number) => {
    jobs.push({ tenantId, run, afterSeconds })
  }
  const audit = createAudit({ db, key, now })
  const dropTokens = (tenantId: string) => tokens.drop(tenantId)
  const resolveTenant = (name: string) => discovery.resolve(name)
  const observe = createObserve({
    acquireFresh: (tenantId, surface) => tokens.acquire(tenantId, surface, { fresh: true }),
    probe,
    available: ['graph', 'defender', 'endpoint'],
  })
  const verification = createVerification({
    db,
    audit,
    observe,
    requiredRoles,
    enqueueVerification,
    dropTokens,
    now,
    random: () => 0.5,
  })
  const invitations = createInvitations({ db, audit, key, resolveTenant, now })
  const flow = createConsentFlow({
    db,
    audit,
    key,
    endpoints,
    clientId,
    publicUrl,
    requiredRoles,
    signIn: tokens.signIn,
    resolveTenant,
    enqueueVerification,
    dropTokens,
    now,
  })
  const connect = createConnect({ db, audit, resolveTenant, observe, verification, requiredRoles, now })
  const customers = simulator.world
    .customers()
    .filter(({ licenses, regionSubScope }) => licenses.length === 6 && !regionSubScope)
  let taken = 0

  const stage: Stage = {
    db,
    key,
    audit,
    simulator,
    tokens,
    tenants: createTenants({ db, audit, dropTokens, now }),
    invitations,
    flow,
    verification,
    connect,
    jobs,
    now,
    advance(ms) {
      offsetMs += ms
      simulator.control.advanceClock(ms)
    },
    async drain(most = 100) {
      let done = 0
      while (done < most) {
        const job = jobs.shift()
        if (!job) break
        stage.advance(job.afterSeconds * 1000)
        await verification.verifyTenant(job.tenantId, job.run)
        done += 1
      }
      return done
    },
    nextCustomer() {
      const customer = customers[taken % customers.length]
      taken += 1
      if (!customer) throw new Error('the simulator has no fully licensed customer')
      return customer
    },
    async tenant(id) {
      const tenant = await findTenant(db, id)
      if (!tenant) throw new Error('there is no such tenant')
      return tenant
    },
    async invite(customer, { pinned = true, name = customer.name } = {}) {
      const tenant = pinned ? customer.domain : null
      const invitation = await invitations.create(admin, { customerName: name, tenant })
      return new Visitor(stage, invitation, customer)
    },
    async clean() {
      jobs.length = 0
      simulator.control.clearFaults()
      simulator.control.setPropagation({ principal: 0, roles: 0 })
      await emptyDatabase(db)
    },
    async close() {
      await remote.close()
      await simulator.close()
      await database.drop()
    },
  }
  return stage
}

/** The customer's admin with a browser and a link. */
export class Visitor {
  readonly invitation: InvitationRecord
  readonly customer: CustomerProfile
  readonly browserId: string
  readonly browser: Browser
  readonly #stage: Stage

  constructor(stage: Stage, invitation: InvitationRecord, customer: CustomerProfile) {
    this.#stage = stage
    this.invitation = invitation
    this.customer = customer
    this.browserId = randomBytes(32).toString('base64url')
    this.browser = new Browser(stage.simulator.origin)
  }

  get token(): string {
    return joinUrl({ key: this.#stage.key, publicUrl }, this.invitation.id).split('/').at(-1) ?? ''
  }

  async start(): Promise<URL> {
    const step = await this.#stage.flow.start(this.token, this.browserId)
    if (step.kind !== 'redirect') throw new Error(`the link ended: ${step.end.kind}`)
    return step.url
  }

  /** On Microsoft's pages until the browser comes back. */
  async decide(
    button: 'Accept' | 'Cancel',
    address: URL,
    role: string | null = 'Global Administrator',
  ): Promise<URL> {
    const signIn = await this.browser.open(address.href)
    const consent = await this.browser.press(signIn, `Sign in as ${personWith(this.customer, role)}`)
    const page = await this.browser.press(consent, button)
    if (!page.location) throw new Error(`Microsoft did not redirect:\n${page.text}`)
    return page.location
  }

  /** From the link to the redirect that names the tenant. */
  async approve(): Promise<URL> {
    return this.decide('Accept', await this.start())
  }

  /** From there to the redirect of the sign-in that proves it. */
  async signIn(address: URL): Promise<URL> {
    const pick = await this.browser.open(address.href)
    const who = personWith(this.customer, 'Global Administrator')
    return this.#comeBack(pick.location ? pick : await this.browser.press(pick, `Continue as ${who}`))
  }

  /** The same in a browser where nobody is signed in, as somebody else. */
  async signInAs(username: string, address: URL): Promise<URL> {
    const other = new Browser(this.#stage.simulator.origin)
    return this.#comeBack(await other.press(await other.open(address.href), `Sign in as ${username}`), other)
  }

  async #comeBack(answer: Page, browser = this.browser): Promise<URL> {
    let page = answer
    if (page.text.includes('>Accept</button>')) page = await browser.press(page, 'Accept')
    if (!page.location) throw new Error(`Microsoft did not redirect:\n${page.text}`)
    return page.location
  }

  completeConsent(redirect: URL, browserId: string | null = this.browserId) {
    return this.#stage.flow.completeConsent(redirect.searchParams, browserId)
  }

  completeProof(redirect: URL, browserId: string | null = this.browserId) {
    return this.#stage.flow.completeProof(redirect.searchParams, browserId)
  }

  /** The redirect of the proof, after a consent that went well. */
  async prove(): Promise<URL> {
    const step = await this.completeConsent(await this.approve())
    if (step.kind !== 'redirect') throw new Error(`the consent ended: ${step.end.kind}`)
    return this.signIn(step.url)
  }

  /** The whole way, to the page at its end. */
  async walk() {
    return this.completeProof(await this.prove())
  }

  /** The whole way once more; the browser is signed in already. */
  async walkAgain() {
    const consent = await this.signIn(await this.start())
    const step = await this.completeConsent(consent)
    if (step.kind !== 'redirect') throw new Error(`the consent ended: ${step.end.kind}`)
    return this.completeProof(await this.signIn(step.url))
  }

  async status(): Promise<string> {
    return (await this.#stage.invitations.get(admin, this.invitation.id)).status
  }

  async events(): Promise<string[]> {
    return (await this.#stage.invitations.get(admin, this.invitation.id)).events.map(event => event.type)
  }
}
