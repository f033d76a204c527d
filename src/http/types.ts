import type { PendingSignIn, SignedInStaff } from '../staff/sign-in.ts'
import type { Actor } from '../tenants/actor.ts'

/** A message shown once, on the page after a redirect. */
export type Flash = { kind: 'success' | 'info' | 'warning' | 'danger'; text: string }

export type Section =
  | 'dashboard'
  | 'tenants'
  | 'invitations'
  | 'hunts'
  | 'library'
  | 'schedules'
  | 'notifications'
  | 'readiness'
  | 'audit'
  | 'settings'

/** What a page tells the layout about itself. */
export type PageFacts = {
  title: string
  section?: Section
  breadcrumbs?: { href: string; label: string }[]
  /** Script modules of this page alone, under /assets/js/. */
  scripts?: string[]
  /** Pages without sign-in: how wide the column is (regular without), and whether htmx is loaded. */
  width?: 'narrow' | 'wide'
  live?: boolean
}

declare module 'fastify' {
  interface Session {
    staff?: SignedInStaff
    signIn?: PendingSignIn
    flash?: Flash
  }

  interface FastifyRequest {
    /** Who asks; null when nobody signed in. Routes use `requireActor`. */
    actor: Actor | null
  }

  interface FastifyReply {
    /** @fastify/view under the name we gave it; routes use `page` and `partial`. */
    render(template: string, data: Record<string, unknown>): FastifyReply
    /** Renders a page in its layout, or only the template for htmx when `partial` is set. */
    page(template: string, facts: PageFacts, data?: Record<string, unknown>): Promise<FastifyReply>
    /** Renders one partial, for htmx. */
    partial(template: string, data?: Record<string, unknown>): Promise<FastifyReply>
  }
}
