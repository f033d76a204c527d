import { randomBytes, randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Cookies do not know ports: the name must differ from those of the application on the same host. */
const cookieName = 'simulator_session'
const maxSessions = 10_000

/** One browser; the account used last comes first. */
export type Session = {
  sid: string
  usernames: string[]
  /** When each account last gave proof of who it is, seconds of Unix time. */
  authTimes: Map<string, number>
}

/** Who is signed in at the simulated Entra, by browser. In memory: a restart signs everybody out. */
export class Sessions {
  readonly #sessions = new Map<string, Session>()

  find(request: FastifyRequest): Session | undefined {
    const id = request.cookies[cookieName]
    return id === undefined ? undefined : this.#sessions.get(id)
  }

  /**
   * Signs an account in. One that is signed in already does not give its proof
   * again, unless that is older than `maxAgeSeconds`.
   *
   * @param now seconds of Unix time
   * @returns the session, and when the account gave its proof
   */
  signIn(
    request: FastifyRequest,
    reply: FastifyReply,
    { username, now, maxAgeSeconds }: { username: string; now: number; maxAgeSeconds: number },
  ): Session & { authTime: number } {
    const session = this.find(request) ?? this.#open(reply)
    const before = session.usernames.includes(username) ? session.authTimes.get(username) : undefined
    const authTime = before !== undefined && now - before <= maxAgeSeconds ? before : now
    session.authTimes.set(username, authTime)
    session.usernames = [username, ...session.usernames.filter(name => name !== username)]
    return { ...session, authTime }
  }

  signOut(request: FastifyRequest, reply: FastifyReply, username?: string): void {
    const session = this.find(request)
    if (!session) return
    session.usernames = username ? session.usernames.filter(name => name !== username) : []
    if (session.usernames.length > 0) return
    this.#sessions.delete(request.cookies[cookieName] ?? '')
    reply.clearCookie(cookieName, { path: '/' })
  }

  #open(reply: FastifyReply): Session {
    const oldest = this.#sessions.keys().next().value
    if (this.#sessions.size >= maxSessions && oldest !== undefined) this.#sessions.delete(oldest)
    const id = randomBytes(24).toString('base64url')
    const session: Session = { sid: randomUUID(), usernames: [], authTimes: new Map() }
    this.#sessions.set(id, session)
    reply.setCookie(cookieName, id, { path: '/', httpOnly: true, sameSite: 'lax' })
    return session
  }
}
