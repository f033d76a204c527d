import type { FastifyReply } from 'fastify'
import type { DirectoryRole, Surface } from '../world.ts'
import { EntraError } from './aadsts.ts'
import { errorParams, sendAnswer, sendCode, sendPage } from './answer.ts'
import type { AnswerTarget, AuthorizeRequest } from './authorize-request.ts'
import { blockOf, type ConsentOutcome, checkCloud, type EntraContext, type SignedIn } from './context.ts'
import { approvalNeededPage, consentPage } from './pages/consent.ts'
import { messagePage } from './pages/messages.ts'
import { partner } from './partner.ts'
import { Tickets } from './tickets.ts'

/** What the application gets once the administrator decided. */
export type ConsentGoal =
  | { kind: 'callback'; version: 'v1' | 'v2'; target: AnswerTarget; scope: string; isStatic: boolean }
  | { kind: 'code'; target: AnswerTarget; request: AuthorizeRequest }

type Flow = { signedIn: SignedIn; goal: ConsentGoal; outcome: ConsentOutcome | undefined }

const grantsEverything: DirectoryRole[] = ['Global Administrator', 'Privileged Role Administrator']
// They may grant application permissions of any API but Microsoft Graph.
const grantsAllButGraph: DirectoryRole[] = ['Cloud Application Administrator', 'Application Administrator']

/**
 * The dialogue in which an administrator grants the registration's permissions
 * for the whole organization.
 *
 * @see Microsoft Entra, "Grant tenant-wide admin consent to an application"
 */
export class ConsentFlows {
  readonly #context: EntraContext
  readonly #flows: Tickets<Flow>

  constructor(context: EntraContext) {
    this.#context = context
    this.#flows = new Tickets(context.world.now, 15 * 60_000)
  }

  /** Shows the consent page, or what stands in its way. */
  begin(reply: FastifyReply, signedIn: SignedIn, goal: ConsentGoal): FastifyReply {
    const { directory, registration } = this.#context
    const { tenant, person } = signedIn
    checkCloud(this.#context, tenant, 90038)
    const blocked = blockOf(this.#context, tenant, 'interaction_required')
    if (blocked) return this.#refuse(reply, goal, blocked)
    const outcome = this.#context.takeConsentOutcome(tenant.tenantId)
    const flow = this.#flows.issue({ signedIn, goal, outcome })
    const page = {
      appName: registration.appName,
      tenant,
      person,
      action: `/${tenant.tenantId}/consent`,
      flow,
    }
    if (outcome === '90094' || !this.#mayGrant(signedIn)) return sendPage(reply, approvalNeededPage(page))

    const missing = this.#surfaces().find(surface => directory.resource(tenant, surface) === 'missing')
    if (missing) {
      return this.#refuse(reply, goal, new EntraError(650052, `API: '${missing}'.`))
    }
    return sendPage(
      reply,
      consentPage({ ...page, publisher: partner.name, permissions: registration.permissions }),
    )
  }

  /**
   * Ends the dialogue by what the person pressed, or by the outcome set for it.
   *
   * @throws EntraError 90100 when the page is unknown, used or older than 15 minutes
   */
  decide(reply: FastifyReply, flowId: string, decision: string): FastifyReply {
    const ticket = this.#flows.find(flowId)
    if (!ticket || ticket.isUsed || ticket.isExpired)
      throw new EntraError(90100, 'This page is no longer valid.')
    this.#flows.use(flowId)
    const { signedIn, goal, outcome } = ticket.value

    if (decision === 'return') {
      return this.#refuse(reply, goal, new EntraError(90094), 'cancel')
    }
    if (outcome) return this.#forced(reply, ticket.value, outcome)
    if (decision !== 'accept') {
      return this.#decline(reply, goal, goal.kind === 'callback' ? goal.version : 'v1')
    }
    // The page that was shown does not allow it, whatever the form says.
    if (!this.#mayGrant(signedIn)) throw new EntraError(90094)
    this.#grant(signedIn, goal)
    return this.#succeed(reply, signedIn, goal, signedIn.tenant.tenantId)
  }

  #surfaces(): Surface[] {
    return [...new Set(this.#context.registration.permissions.map(({ surface }) => surface))]
  }

  #mayGrant({ person }: SignedIn): boolean {
    const holds = (roles: DirectoryRole[]) => person.directoryRoles.some(role => roles.includes(role))
    return holds(grantsEverything) || (holds(grantsAllButGraph) && !this.#surfaces().includes('graph'))
  }

  // Dynamic scopes ask for delegated permissions only: the app appears, without app roles.
  #grant({ tenant, person }: SignedIn, goal: ConsentGoal): void {
    const { directory, registration } = this.#context
    const isStatic = goal.kind === 'code' || goal.isStatic
    directory.grant(
      tenant.tenantId,
      isStatic ? registration.permissions : directory.record(tenant.tenantId).grants,
      { by: person },
    )
  }

  #succeed(reply: FastifyReply, signedIn: SignedIn, goal: ConsentGoal, tenantId: string): FastifyReply {
    if (goal.kind === 'code') return sendCode(this.#context, reply, goal.target, goal.request, signedIn)
    const answer = new URLSearchParams({ admin_consent: 'True', tenant: tenantId })
    if (goal.version === 'v2') answer.set('scope', goal.scope)
    return sendAnswer(reply, goal.target, answer)
  }

  #decline(reply: FastifyReply, goal: ConsentGoal, shape: 'v1' | 'v2'): FastifyReply {
    const error = new EntraError(65004, undefined, shape === 'v1' ? 'permission_denied' : undefined)
    const answer = errorParams(this.#context, error)
    if (shape === 'v2') answer.set('admin_consent', 'True')
    return sendAnswer(reply, goal.target, answer)
  }

  // The v2 endpoint says admin_consent=True on errors too: a trap for who looks there first.
  #refuse(reply: FastifyReply, goal: ConsentGoal, error: EntraError, subcode?: string): FastifyReply {
    const answer = errorParams(this.#context, error, subcode)
    if (goal.kind === 'callback' && goal.version === 'v2') answer.set('admin_consent', 'True')
    return sendAnswer(reply, goal.target, answer)
  }

  #forced(reply: FastifyReply, { signedIn, goal }: Flow, outcome: ConsentOutcome): FastifyReply {
    if (typeof outcome === 'object') {
      return this.#refuse(reply, goal, new EntraError(outcome.aadsts, undefined, outcome.error))
    }
    switch (outcome) {
      case 'decline-v1':
        return this.#decline(reply, goal, 'v1')
      case 'decline-v2':
        return this.#decline(reply, goal, 'v2')
      case 'decline-access-denied':
        return this.#refuse(reply, goal, new EntraError(65004, undefined, 'access_denied'))
      case 'decline-without-description':
        return sendAnswer(
          reply,
          goal.target,
          new URLSearchParams({ error: 'access_denied', error_subcode: 'cancel' }),
        )
      case 'ca-error': {
        const answer = errorParams(this.#context, new EntraError(50097))
        answer.set('admin_consent', 'True')
        return sendAnswer(reply, goal.target, answer)
      }
      case '650051':
      case '650052':
      case '90033':
      case '90094':
        return this.#refuse(reply, goal, new EntraError(Number(outcome)))
      case '500113-after-grant':
        this.#grant(signedIn, goal)
        throw new EntraError(500113)
      case 'no-answer':
        return sendPage(
          reply,
          messagePage('Nothing more happens', 'The administrator closed the window here.'),
        )
      case 'wrong-tenant': {
        this.#grant(signedIn, goal)
        const other = this.#context.world.customers().find(each => each.tenantId !== signedIn.tenant.tenantId)
        return this.#succeed(reply, signedIn, goal, other?.tenantId ?? partner.tenantId)
      }
    }
  }
}
