import type { FastifyInstance, FastifyReply } from 'fastify'
import plugin from 'fastify-plugin'
import { AppError } from '../../../errors.ts'
import { type Credential, type CurrentActors, credentialKey } from '../../../staff/current-actors.ts'
import type { Actor } from '../../../tenants/actor.ts'
import { limitsKey } from '../../../tenants/limits.ts'
import { requireActor } from '../access/actors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What showed who asks; set together with `actor`. */
    credential: Credential | null
  }

  interface FastifyReply {
    /**
     * Begins an answer that lasts: an event stream or a download.
     *
     * @returns ends it: when the reader is gone, and within seconds of the end of the session or key that asked, or
     *   of a change of what it may see
     * @throws AppError `too_many_requests` with too many at once of one person or key, `busy` of all
     */
    beginLongAnswer(): AbortSignal
  }
}

type LongAnswer = { actor: Actor; credential: Credential; ending: AbortController }

/** One person has tabs on several screens, a program may follow many hunts. */
const mostOfOneActor = 20
/** Each looks into the database about once a second. */
const mostInAll = 300
const checkEveryMs = 2_000

/** Answers that last are counted, and end with the right to get them. */
export const longAnswers = plugin(
  async (app: FastifyInstance, { currentActors }: { currentActors: CurrentActors }) => {
    const answers = new Set<LongAnswer>()
    let isChecking = false
    app.decorateRequest('credential', null)

    function requireRoom(actor: Actor, reply: FastifyReply): void {
      const own = [...answers].filter(one => one.actor.kind === actor.kind && one.actor.id === actor.id)
      if (own.length < mostOfOneActor && answers.size < mostInAll) return
      reply.header('retry-after', 10)
      if (own.length >= mostOfOneActor) {
        throw new AppError('too_many_requests', `${own.length} streams and downloads are open already`, {
          remedy: 'End one of them first: close a tab, or a connection of the program.',
        })
      }
      throw new AppError('busy', 'as many streams and downloads are open as this server carries', {
        remedy: 'Try again in a moment.',
      })
    }

    app.decorateReply('beginLongAnswer', function (this: FastifyReply) {
      const { request } = this
      const actor = requireActor(request)
      const { credential } = request
      if (!credential) throw new Error('an actor without a credential')
      requireRoom(actor, this)

      const answer = { actor, credential, ending: new AbortController() }
      answers.add(answer)
      this.raw.once('close', () => {
        answers.delete(answer)
        answer.ending.abort()
      })
      return answer.ending.signal
    })

    async function check(): Promise<void> {
      if (answers.size === 0 || isChecking) return
      isChecking = true
      try {
        const asked = [...answers]
        const actors = await currentActors(asked.map(({ credential }) => credential))
        for (const { actor, credential, ending } of asked) {
          if (!isSame(actor, actors.get(credentialKey(credential)))) ending.abort()
        }
      } catch (error) {
        app.log.warn({ err: error }, 'who follows streams could not be checked: tried again in a moment')
      } finally {
        isChecking = false
      }
    }

    const timer = setInterval(() => void check(), checkEveryMs)
    timer.unref()
    app.addHook('preClose', async () => {
      clearInterval(timer)
    })
  },
  { name: 'long-answers', dependencies: ['route-acts'] },
)

/** Whether somebody may still see and do the same. */
function isSame(before: Actor, now: Actor | undefined): boolean {
  const rights = ({ role, roles = [], tenants }: Actor) => `${role} ${roles.join()} ${limitsKey(tenants)}`
  return now !== undefined && rights(before) === rights(now)
}
