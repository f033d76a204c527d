import { randomBytes } from 'node:crypto'
import type { CustomerProfile } from '../../simulator/src/world.ts'
import { Browser, type Page } from '../../simulator/test/browser.ts'
import { personWith } from '../../simulator/test/world.ts'
import { joinUrl } from '../../src/invitations/invitation-view.ts'
import type { InvitationRecord } from '../../src/invitations/store.ts'
import { admin } from '../tenants/givens.ts'
import { publicUrl, type Stage } from './stage.ts'

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

  /** An approval through a link without a pin, up to the sign-in that proves it. */
  async approveUnpinned(): Promise<URL> {
    const { href } = await this.start()
    const address = href.replace('/organizations/', `/${this.customer.tenantId}/`)
    const step = await this.completeConsent(await this.decide('Accept', new URL(address)))
    if (step.kind !== 'redirect') throw new Error(`the consent ended: ${step.end.kind}`)
    return step.url
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
