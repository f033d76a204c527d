import { z } from 'zod'
import type { InvitationRecord } from '../invitations/store.ts'
import { storableText } from '../platform/storable.ts'
import type { Actor, RequestOrigin } from '../tenants/actor.ts'

const schema = z.object({
  tenantId: z.guid(),
  domain: z.string().nullable(),
  /** Cloud of the tenant; null when discovery did not say. */
  cloud: z.string().nullable().default(null),
  objectId: z.string(),
  username: z.string().nullable(),
  /** Whether the ID token showed a role that can approve; null when it listed none. */
  administrator: z.boolean().nullable(),
  /** ISO 8601, UTC */
  at: z.string(),
})

/** Who signed in after a consent, and to which tenant. Names come from the customer's side. */
export type ConsentProof = z.infer<typeof schema>

/** @returns null when the invitation holds none */
export function readConsentProof(stored: unknown): ConsentProof | null {
  return schema.safeParse(stored).data ?? null
}

/** The proof in a shape that PostgreSQL takes, whatever the names contain. */
export function toStoredProof(proof: ConsentProof): ConsentProof {
  return { ...proof, username: proof.username === null ? null : storableText(proof.username, 400) }
}

/** How people recognise whoever signed in. */
export function approverName({ username, objectId }: Pick<ConsentProof, 'username' | 'objectId'>): string {
  return username ?? objectId
}

/** The customer's admin for the audit: by link until a sign-in tells more. */
export function customerActor(
  invitation: InvitationRecord,
  from: RequestOrigin | undefined,
  identity: { objectId: string; username: string | null } | null = null,
): Actor {
  return {
    kind: 'customer',
    id: identity?.objectId ?? `invitation ${invitation.id}`,
    label: identity?.username ?? `${invitation.customer.name} (by link)`,
    role: null,
    tenants: 'all',
    ...(from ? { from } : {}),
  }
}
