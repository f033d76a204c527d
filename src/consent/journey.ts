import type { RemoteFailure } from '../errors.ts'
import { remedyForCustomer } from '../remote/failure-names.ts'
import type { RoleKey } from '../tenants/roles.ts'
import { approvers, orList } from './approvers.ts'

/** Every way in which the customer's part can end. */
export type JourneyKind =
  | 'approved'
  | 'declined'
  | 'not_admin'
  | 'blocked_by_policy'
  | 'license_missing'
  | 'expired'
  | 'took_too_long'
  | 'used'
  | 'revoked'
  | 'unknown_link'
  | 'other_browser'
  | 'wrong_tenant'
  | 'guest'
  | 'tenant_taken'
  | 'forged'
  | 'proof_incomplete'
  | 'failed'

/** An ending as its page shows it, in words for the customer's admin. */
export type JourneyEnd = {
  kind: JourneyKind
  title: string
  cause: string
  nextStep: string
  /** Microsoft's code or our name for what happened, to be passed on to the partner. */
  code: string | null
  /** Ids that Microsoft's support asks for. */
  correlationId: string | null
  requestId: string | null
  customerName: string | null
  /** Set only once it is proven. */
  tenantId: string | null
  /** The link again, where trying again can help; only for the browser that set out. */
  retryUrl: string | null
}

type Words = { title: string; cause: string; nextStep: string }

/** @param roles what is asked for; decides who can approve */
function wordsFor(kind: JourneyKind, roles: readonly RoleKey[]): Words {
  const who = orList(approvers(roles))
  switch (kind) {
    case 'approved':
      return {
        title: 'Thank you, the approval has arrived',
        cause: 'Microsoft recorded your approval and your sign-in confirmed it.',
        nextStep:
          'You can close this page. The connection is now being checked, which takes up to a few minutes.',
      }
    case 'declined':
      return {
        title: 'Nothing was approved',
        cause: 'The request was cancelled on Microsoft’s page, so nothing has changed in your organization.',
        nextStep: `If that was not meant, or the account was not allowed to approve, open the link again and sign in as ${who}. If you have doubts about a permission, ask your security partner first.`,
      }
    case 'not_admin':
      return {
        title: 'This account may not approve the request',
        cause: 'Microsoft allows only certain administrators to approve these permissions.',
        nextStep: `Pass the link to a ${who} of your organization, or sign in with such an account. Your link stays valid.`,
      }
    case 'blocked_by_policy':
      return {
        title: 'A policy of your organization stopped the sign-in',
        cause: 'Conditional Access or tenant restrictions did not admit this sign-in. Nothing was approved.',
        nextStep:
          'Open the link again from a managed device and a network that your policies admit. The sign-in log in the Entra admin center names the policy.',
      }
    case 'license_missing':
      return {
        title: 'A Microsoft service is not set up in your organization',
        cause:
          'One of the permissions belongs to a Microsoft Defender service that your organization does not have or has not activated.',
        nextStep:
          'Sign in to the Defender portal once to finish its setup, or check your licenses, then open the link again. If you do not use that product, tell your security partner.',
      }
    case 'expired':
      return {
        title: 'This link has expired',
        cause: 'Links are valid for a limited time, to protect you.',
        nextStep: 'Ask your security partner for a new link.',
      }
    case 'took_too_long':
      return {
        title: 'That took too long',
        cause:
          'More than an hour passed between leaving this page and coming back, so the answer is no longer accepted.',
        nextStep: 'Open the link again. If you approved already, Microsoft shows it and you only confirm.',
      }
    case 'used':
      return {
        title: 'This step is already done',
        cause: 'The answer from Microsoft was received before; each one counts once.',
        nextStep: 'You can close this page. Your security partner sees where the connection stands.',
      }
    case 'revoked':
      return {
        title: 'This link was withdrawn',
        cause: 'Your security partner withdrew the link. It can no longer be used.',
        nextStep: 'Ask your security partner for a new link if you still want to connect.',
      }
    case 'unknown_link':
      return {
        title: 'This link is not known',
        cause: 'The address is incomplete or was never valid.',
        nextStep: 'Copy the whole link from the message of your security partner, or ask for a new one.',
      }
    case 'other_browser':
      return {
        title: 'Please continue in the browser you began with',
        cause:
          'The answer came back in another browser or a private window, so we cannot tell that it is yours.',
        nextStep:
          'Open the link again and stay in one browser window until the end. Cookies must be allowed.',
      }
    case 'wrong_tenant':
      return {
        title: 'That was another organization',
        cause:
          'The account you used belongs to a different organization than the one this link was made for.',
        nextStep:
          'Open the link again in a private window and sign in with an administrator of the right organization. If you approved the request in the wrong one, remove the enterprise app there.',
      }
    case 'guest':
      return {
        title: 'This account is a guest in that organization',
        cause: 'The account belongs elsewhere, so its sign-in cannot confirm the approval.',
        nextStep: `Open the link again in a private window and sign in as ${who} of the organization itself.`,
      }
    case 'tenant_taken':
      return {
        title: 'This organization cannot be connected with this link',
        cause: 'It is already connected in another way, and a link never moves an existing connection.',
        nextStep: 'Tell your security partner the code below; they can clear this up.',
      }
    case 'forged':
      return {
        title: 'We did not expect this answer',
        cause: 'The page was opened without a matching request from us, so nothing was changed.',
        nextStep: 'Use the link that your security partner sent you. Do not follow links from other sources.',
      }
    case 'proof_incomplete':
      return {
        title: 'One step is missing',
        cause: 'Microsoft reported the approval, but the sign-in that confirms it was not completed.',
        nextStep: 'Open the link again and go through to the end; it takes two clicks.',
      }
    case 'failed':
      return {
        title: 'Something went wrong',
        cause: 'The approval could not be completed.',
        nextStep:
          'Open the link again in a few minutes. If it fails again, send your security partner the code below.',
      }
  }
}

const kindOfFailure: Record<string, JourneyKind> = {
  declined: 'declined',
  needs_admin: 'not_admin',
  app_risky: 'not_admin',
  conditional_access: 'blocked_by_policy',
  mfa_required: 'blocked_by_policy',
  tenant_restricted: 'blocked_by_policy',
  user_not_assigned: 'blocked_by_policy',
  license_missing: 'license_missing',
  service_missing: 'license_missing',
  service_disabled: 'license_missing',
  wrong_account: 'wrong_tenant',
}

export type EndFacts = {
  failure?: RemoteFailure | null
  code?: string | null
  correlationId?: string | null
  customerName?: string | null
  tenantId?: string | null
  retryUrl?: string | null
  cause?: string
}

export function journeyEnd(kind: JourneyKind, roles: readonly RoleKey[], facts: EndFacts = {}): JourneyEnd {
  const words = wordsFor(kind, roles)
  const { failure } = facts
  return {
    kind,
    title: words.title,
    cause: facts.cause ?? words.cause,
    // Only a failure without a page of its own has a remedy that says more than the page.
    nextStep: kind === 'failed' && failure ? remedyForCustomer(failure.code) : words.nextStep,
    code: facts.code ?? failure?.serviceCode ?? failure?.code ?? null,
    correlationId: facts.correlationId ?? null,
    requestId: failure?.requestId ?? null,
    customerName: facts.customerName ?? null,
    tenantId: facts.tenantId ?? null,
    retryUrl: facts.retryUrl ?? null,
  }
}

/** The page for a failure that Microsoft named. */
export function kindOf(failure: RemoteFailure): JourneyKind {
  return kindOfFailure[failure.code] ?? 'failed'
}
