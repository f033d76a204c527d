import { expect } from 'vitest'
import type { CustomerProfile } from '../../../simulator/src/world.ts'
import { Browser, type Page } from '../../../simulator/test/browser.ts'
import { personWith } from '../../../simulator/test/world.ts'
import type { Api } from '../../helpers/api.ts'
import { type RunningApp, startApp } from '../../helpers/app.ts'
import { runTenantry } from '../../helpers/process.ts'
import { createVisitor, type Visitor } from '../../helpers/visitor.ts'
import { recordAnswers, recordWire, type Secret, type Wire, type Written } from './recorders.ts'

/** The application with everything written down that goes over the wire, into the log and to whoever asks. */
export class Run {
  readonly running: RunningApp
  readonly wire: Wire
  /** What the application wrote: log lines, answers, output of commands. */
  readonly written: Written[]
  /** Those that do not go over the wire to Microsoft. */
  readonly secrets: Secret[] = []
  readonly #customers: CustomerProfile[]
  readonly #stopRecording: () => void

  private constructor(running: RunningApp, wire: Wire, written: Written[]) {
    this.running = running
    this.wire = wire
    this.written = written
    this.#stopRecording = recordAnswers(running.url, written)
    this.#customers = running.simulator.world
      .customers()
      .filter(({ licenses, regionSubScope }) => licenses.length === 6 && !regionSubScope)
  }

  static async start(): Promise<Run> {
    const wire = await recordWire()
    const written: Written[] = []
    const running = await startApp({
      tenants: 40,
      syncIncidents: true,
      settings: { TENANTRY_LOG_LEVEL: 'trace', ...originsAt(wire) },
      remote: { random: () => 0 },
      logTo: { write: text => written.push({ where: 'log', text }) },
    })
    wire.target = running.simulator.origin
    return new Run(running, wire, written)
  }

  async close(): Promise<void> {
    this.#stopRecording()
    await this.running.close()
    await this.wire.close()
  }

  nextCustomer(): CustomerProfile {
    const customer = this.#customers.shift()
    if (!customer) throw new Error('the simulator has no customer left')
    return customer
  }

  note(kind: string, value: string): void {
    this.secrets.push({ kind, value })
  }

  /** Somebody of the staff in a browser of their own. */
  async signIn(username: string): Promise<Visitor> {
    const visitor = createVisitor(this.running.url)
    const entra = new Browser(this.wire.origin)
    await visitor.get('/sign-in')
    const away = await visitor.post('/sign-in', { returnTo: '/' })
    const page = await entra.press(await entra.open(away.location ?? ''), `Sign in as ${username}`)
    await visitor.follow(await visitor.get(address(page)))
    // The same redirect again, and one that was never asked for.
    await visitor.get(address(page))
    await createVisitor(this.running.url).get(address(page))
    this.#noteSession(visitor)
    return visitor
  }

  #noteSession(visitor: Visitor): void {
    const cookie = visitor.cookies(this.running.url).get('tenantry')
    if (!cookie) return
    const value = decodeURIComponent(cookie)
    this.note('session cookie', value)
    this.note('session cookie', value.split('.')[0] ?? '')
  }

  async invite(api: Api, { name, domain }: CustomerProfile): Promise<{ id: string; joinUrl: string }> {
    const { body } = await api('POST', '/invitations', { customerName: name, tenant: domain })
    this.note('link token', body.joinUrl.split('/').at(-1))
    return body
  }

  /** A customer's admin from the link to the end; `decide` presses a button on Microsoft's page. */
  async walk(
    joinUrl: string,
    customer: CustomerProfile,
    decide: 'Accept' | 'Cancel',
  ): Promise<{ visitor: Visitor; callback: string; proof: string | null }> {
    const visitor = createVisitor(this.running.url)
    const entra = new Browser(this.wire.origin)
    await visitor.get(joinUrl)
    const away = await visitor.post(`${joinUrl}/consent`)
    const admin = personWith(customer, 'Global Administrator')
    const signedIn = await entra.press(await entra.open(away.location ?? ''), `Sign in as ${admin}`)
    const callback = address(await entra.press(signedIn, decide))
    const step = await visitor.get(callback)
    if (!step.location?.startsWith(this.wire.origin)) {
      await visitor.follow(step)
      return { visitor, callback, proof: null }
    }
    const asked = await entra.open(step.location)
    const proof = address(asked.location ? asked : await entra.press(asked, `Continue as ${admin}`))
    await visitor.follow(await visitor.get(proof))
    return { visitor, callback, proof }
  }

  /** @returns its standard output */
  async command(name: string, ...args: string[]): Promise<string> {
    const { config } = this.running.services
    const command = runTenantry(
      {
        DATABASE_URL: this.running.database.url,
        TENANTRY_MIGRATION_DATABASE_URL: this.running.database.adminUrl,
        TENANTRY_LOG_LEVEL: 'trace',
        TENANTRY_PUBLIC_URL: this.running.url,
        TENANTRY_SIMULATOR_PORT: String(config.simulatorPort),
        TENANTRY_SECRET_KEY: config.secretKey ?? '',
        ...originsAt(this.wire),
      },
      'src/cli/main.ts',
      [...name.split(' '), ...args],
    )
    const code = await command.ended
    this.written.push(
      { where: `standard output of ${name}`, text: command.standardOutput() },
      { where: `standard error of ${name}`, text: command.standardError() },
    )
    expect(code, command.output()).toBe(0)
    return command.standardOutput()
  }
}

const address = (page: Page): string => page.location?.href ?? ''

function originsAt({ origin }: Wire): Record<string, string> {
  return {
    TENANTRY_LOGIN_URL: origin,
    TENANTRY_GRAPH_URL: origin,
    TENANTRY_DEFENDER_URL: origin,
    TENANTRY_ENDPOINT_URL: origin,
  }
}
