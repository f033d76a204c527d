import type { Failure } from '../errors.ts'
import { remedyForCustomer } from '../microsoft/failures/failure-names.ts'
import type { RoleKey } from '../microsoft/roles/roles.ts'
import { approvers, orList } from './approvers.ts'

/** Every way in which the customer's part can end. */
export type OutcomeKind =
  | 'approved'
  | 'confirming'
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
  | 'outside_account'
  | 'tenant_taken'
  | 'forged'
  | 'proof_incomplete'
  | 'failed'

/** An ending as its page shows it, in words for the customer's admin. */
export type ConsentOutcome = {
  kind: OutcomeKind
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
  /** The page on which staff can connect the tenant without this person's sign-in. */
  staffUrl: string | null
}

type Words = { title: string; cause: string; nextStep: string }

/** @param roles what is asked for; decides who can approve */
function wordsFor(kind: OutcomeKind, roles: readonly RoleKey[]): Words {
  const who = orList(approvers(roles))
  switch (kind) {
    case 'approved':
      return {
        title: 'Thank you, the approval has arrived',
        cause: 'Microsoft recorded your approval and your sign-in confirmed it.',
        nextStep:
          'You can close this page. The connection is now being checked, which takes up to a few minutes.',
      }
    case 'confirming':
      return {
        title: 'Thank you, your security partner confirms the rest',
        cause:
          'Microsoft recorded the approval. Your sign-in does not tell whether you are an administrator of your organization, so your security partner checks it before connecting.',
        nextStep: `You can close this page. To skip the check, open the link again and sign in as ${who}.`,
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
        cause: 'Conditional Access, a rule for devices or tenant restrictions did not admit this sign-in.',
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
        cause: 'Microsoft’s answer arrived before, so this one changes nothing.',
        nextStep:
          'If you approved, nothing is left to do: close this page, and your security partner sees where the connection stands. If you cancelled or are not sure, ask your security partner for a new link.',
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
        cause: 'The account belongs elsewhere, so its sign-in can never confirm the approval.',
        nextStep: `Your security partner can connect the organization directly. The link itself works for ${who} of the organization, in a private window.`,
      }
    case 'outside_account':
      return {
        title: 'This account does not belong to that organization',
        cause:
          'It is the account of a guest or of a delegated administrator, and Microsoft never lets it confirm an approval there. Trying again with it cannot work.',
        nextStep: `Your security partner can connect the organization directly. The link itself works for ${who} with an account of the organization, in a private window.`,
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

const kindOfFailure: Record<string, OutcomeKind> = {
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
  approver_outside_tenant: 'outside_account',
}

export type OutcomeDetails = {
  failure?: Failure | null
  code?: string | null
  correlationId?: string | null
  customerName?: string | null
  tenantId?: string | null
  retryUrl?: string | null
  staffUrl?: string | null
  cause?: string
}

export function consentOutcome(
  kind: OutcomeKind,
  roles: readonly RoleKey[],
  details: OutcomeDetails = {},
): ConsentOutcome {
  const words = wordsFor(kind, roles)
  const { failure } = details
  return {
    kind,
    title: words.title,
    cause: details.cause ?? words.cause,
    nextStep: hasNoPage(kind, failure) ? remedyForCustomer(failure.code) : words.nextStep,
    code: details.code ?? failure?.serviceCode ?? failure?.code ?? null,
    correlationId: details.correlationId ?? null,
    requestId: failure?.requestId ?? null,
    customerName: details.customerName ?? null,
    tenantId: details.tenantId ?? null,
    retryUrl: details.retryUrl ?? null,
    staffUrl: details.staffUrl ?? null,
  }
}

/** Only a failure without a page of its own has a remedy that says more than the page. */
function hasNoPage(kind: OutcomeKind, failure: Failure | null | undefined): failure is Failure {
  if (!failure) return false
  return kind === 'failed' || (kind === 'proof_incomplete' && failure.code !== 'declined')
}

/** The page for a failure that Microsoft named. */
export function kindOf(failure: Failure): OutcomeKind {
  return kindOfFailure[failure.code] ?? 'failed'
}
