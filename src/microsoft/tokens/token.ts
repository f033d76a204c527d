import { inspect } from 'node:util'
import type { Surface } from '../clouds/clouds.ts'

/** What may be said about a token: everything but the token. */
export type TokenFields = {
  /** GUID, lower case. */
  tenantId: string
  surface: Surface
  /** App roles granted in that tenant for that surface; empty when the token carries none. */
  roles: readonly string[]
  expiresAt: Date
  /** From this time on a newer one is fetched in the background. */
  refreshAt: Date
}

/**
 * An app-only access token. The token itself is private to the object: it
 * shows neither in JSON nor in a log nor in the inspector.
 */
export class Token implements TokenFields {
  readonly tenantId: string
  readonly surface: Surface
  readonly roles: readonly string[]
  readonly expiresAt: Date
  readonly refreshAt: Date
  readonly #value: string

  constructor(value: string, fields: TokenFields) {
    this.#value = value
    this.tenantId = fields.tenantId
    this.surface = fields.surface
    this.roles = fields.roles
    this.expiresAt = fields.expiresAt
    this.refreshAt = fields.refreshAt
  }

  /** The token as the service issued it. For the wire only. */
  get value(): string {
    return this.#value
  }

  /** The `authorization` header. */
  authorization(): string {
    return `Bearer ${this.#value}`
  }

  toJSON(): TokenFields {
    return {
      tenantId: this.tenantId,
      surface: this.surface,
      roles: this.roles,
      expiresAt: this.expiresAt,
      refreshAt: this.refreshAt,
    }
  }

  toString(): string {
    return `[token of ${this.tenantId} for ${this.surface}]`
  }

  [inspect.custom](): string {
    return `Token ${inspect(this.toJSON())}`
  }
}
