import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { type PendingSignIn, signInLifetimeMs } from '../../../staff/sign-in.ts'
import { readSignedJson, toSignedJson } from '../../signed-json.ts'

const pendingSchema = z.strictObject({
  stateHash: z.string(),
  returnTo: z.string(),
  startedAt: z.string(),
  isFresh: z.boolean().optional(),
})

/** More tabs than anybody signs in with at the same time; headers have a limit, too. */
const mostAttempts = 4

/**
 * One signed cookie for each sign-in that is under way in a browser: attempts
 * in several tabs do not meet, and whoever is not signed in leaves no row.
 */
export function createSignInCookies({ https }: { https: boolean }) {
  // The __Host- prefix keeps other hosts of the same domain from planting one of theirs.
  const prefix = https ? '__Host-tenantry-sign-in-' : 'tenantry-sign-in-'
  // Lax, not strict: the redirect back from Entra must carry it.
  const options = { httpOnly: true, sameSite: 'lax', secure: https, path: '/' } as const
  const nameOf = (stateHash: string) => prefix + stateHash.slice(0, 16)

  return {
    /** Keeps an attempt; the oldest make room for it. */
    keep(request: FastifyRequest, reply: FastifyReply, pending: PendingSignIn): void {
      const begun = Object.keys(request.cookies)
        .filter(name => name.startsWith(prefix))
        .map(name => ({ name, startedAt: readSignedJson(request, name, pendingSchema)?.startedAt ?? '' }))
        .sort((one, other) => other.startedAt.localeCompare(one.startedAt))
      for (const { name } of begun.slice(mostAttempts - 1)) reply.clearCookie(name, options)
      const maxAge = signInLifetimeMs / 1000
      reply.setCookie(nameOf(pending.stateHash), toSignedJson(pending), { ...options, maxAge, signed: true })
    },

    /** The attempt with that hash, forgotten from now on; undefined, and nothing changed, when this browser began none. */
    take(request: FastifyRequest, reply: FastifyReply, stateHash: string | null): PendingSignIn | undefined {
      if (stateHash === null) return undefined
      const pending = readSignedJson(request, nameOf(stateHash), pendingSchema)
      if (pending?.stateHash !== stateHash) return undefined
      reply.clearCookie(nameOf(pending.stateHash), options)
      return pending
    },
  }
}
