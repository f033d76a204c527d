import type { Client } from '../staff/sessions/store.ts'
import type { SignedInStaff } from '../staff/sign-in.ts'
import type { Actor } from '../tenants/actor.ts'

/** A message shown once, on the page after a redirect. */
export type Flash = { kind: 'success' | 'info' | 'warning' | 'danger'; text: string }

/** What somebody asked for who had to prove anew who they are, until they are back. */
export type PendingAct = {
  id: string
  /** The act by the table of permissions. */
  act: string
  /** Path to post to. */
  action: string
  fields: [name: string, value: string][]
  at: string
}

export type Section =
  | 'dashboard'
  | 'incidents'
  | 'sightings'
  | 'tenants'
  | 'invitations'
  | 'hunts'
  | 'library'
  | 'schedules'
  | 'notifications'
  | 'readiness'
  | 'approvals'
  | 'audit'
  | 'settings'

/** What a page tells the layout about itself. */
export type PageHead = {
  title: string
  section?: Section
  breadcrumbs?: { href: string; label: string }[]
  /** Script modules of this page alone, under /assets/js/. */
  scripts?: string[]
  /** Pages without sign-in: how wide the column is (regular without), and whether htmx is loaded. */
  width?: 'narrow' | 'wide' | 'full'
  live?: boolean
}

declare module 'fastify' {
  interface Session {
    staff?: SignedInStaff
    /** Where it began. */
    client?: Client
    pendingAct?: PendingAct
    flash?: Flash
  }

  interface FastifyRequest {
    /** Who asks; null when nobody signed in. Routes use `requireActor`. */
    actor: Actor | null
  }

  interface FastifyContextConfig {
    /** Answers under any host name, not only the public one. */
    anyHost?: boolean
  }

  interface FastifyReply {
    /** @fastify/view under the name we gave it; routes use `page` and `partial`. */
    render(template: string, data: Record<string, unknown>): FastifyReply
    /** Renders a page in its layout, or only the template for htmx when `partial` is set. */
    page(template: string, head: PageHead, data?: Record<string, unknown>): Promise<FastifyReply>
    /** Renders one partial, for htmx. */
    partial(template: string, data?: Record<string, unknown>): Promise<FastifyReply>
  }
}
