import { randomBytes } from 'node:crypto'

const maxTickets = 10_000

/** Short-lived values behind random names: authorization codes, refresh tokens, consent pages. */
export class Tickets<T> {
  readonly #tickets = new Map<string, { value: T; expiresAt: number; isUsed: boolean }>()
  readonly #now: () => Date
  readonly #lifetimeMs: number

  constructor(now: () => Date, lifetimeMs: number) {
    this.#now = now
    this.#lifetimeMs = lifetimeMs
  }

  issue(value: T): string {
    const oldest = this.#tickets.keys().next().value
    if (this.#tickets.size >= maxTickets && oldest !== undefined) this.#tickets.delete(oldest)
    const name = randomBytes(32).toString('base64url')
    this.#tickets.set(name, { value, expiresAt: this.#now().getTime() + this.#lifetimeMs, isUsed: false })
    return name
  }

  /** Looks without using it up. */
  find(name: string): { value: T; isUsed: boolean; isExpired: boolean } | undefined {
    const ticket = this.#tickets.get(name)
    return ticket && { ...ticket, isExpired: ticket.expiresAt <= this.#now().getTime() }
  }

  /** A used ticket is remembered, so that using it again can be told from one never issued. */
  use(name: string): void {
    const ticket = this.#tickets.get(name)
    if (ticket) ticket.isUsed = true
  }
}
