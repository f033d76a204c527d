import type { FailureKind } from './kind.ts'

/** Failures of one call: what was asked cannot be done, or not now. */
export const apiFailures = {
  token_rejected: {
    permanent: false,
    whoseMove: 'nobody',
    message: 'The service did not accept the token.',
    remedy: 'Try again: a new token is taken. If it repeats, verify the tenant.',
  },
  access_denied: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The service denies access and does not say why.',
    remedy:
      'Compare the permissions and Defender licenses of the tenant with what the call needs; Microsoft’s support finds the reason by the request id.',
    customer:
      'Check that the Defender licenses of your organization are active, and that every permission is approved.',
  },
  not_allowed: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The service does not allow this operation here.',
    remedy: 'Check in the Defender portal whether the operation is possible for this object.',
  },
  not_found: {
    permanent: true,
    whoseMove: 'nobody',
    message: 'The service does not know this object.',
    remedy: 'Look at the list again: it may have been removed or merged.',
  },
  interface_retired: {
    permanent: true,
    whoseMove: 'partner',
    message: 'Microsoft no longer serves this interface: every address of it answers that it is gone.',
    remedy:
      'Have the permissions on Microsoft Graph approved (ThreatHunting.Read.All for devices and hunting), and do what Graph does not offer, such as isolating a device, in the Defender portal.',
  },
  changed_upstream: {
    permanent: true,
    whoseMove: 'nobody',
    message: 'The object was changed there in the meantime.',
    remedy: 'Load it again and repeat the change on what it says now.',
  },
  action_in_progress: {
    permanent: true,
    whoseMove: 'nobody',
    message: 'The same action is already in progress on this device.',
    remedy: 'Wait until the running action has ended, or cancel it.',
  },
  action_failed: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The action failed on the device.',
    remedy:
      'Look at the device in the Defender portal: it may be switched off or lack what the action needs.',
  },
  invalid_request: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The service refused the request as malformed.',
    remedy: 'Report this with its request id: the request is at fault, not the customer.',
  },
  unknown_error: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The service refused the request in a way that is not documented.',
    remedy: 'Report this to Microsoft with its request id.',
  },
  invalid_query: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The hunting engine refused the query.',
    remedy: 'Correct the query.',
  },
  table_missing: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The tenant has no table or column of that name.',
    remedy:
      'Ask the customer for the license that brings the table, or leave it out; "union isfuzzy=true" skips tables that a tenant lacks.',
  },
  query_timeout: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The query ran longer than the service allows.',
    remedy: 'Narrow the time span, filter earlier in the query or return less.',
  },
  query_too_heavy: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The query took more resources than the service allows.',
    remedy: 'Filter earlier, avoid wide joins, and run it over a shorter time.',
  },
  result_too_large: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The result is larger than the service returns.',
    remedy: 'Shorten the time span, project fewer columns or summarize.',
  },
  cpu_quota_exhausted: {
    permanent: false,
    whoseMove: 'nobody',
    message: 'The hunting budget of this tenant is spent for now.',
    remedy: 'Wait until the budget is renewed; the analysts of the customer draw on the same one.',
  },
  quota_exhausted: {
    permanent: false,
    whoseMove: 'nobody',
    message: 'The call would have waited too long for its turn within the rate of this tenant.',
    remedy: 'Try again later, or ask for less at once.',
  },
  throttled: {
    permanent: false,
    whoseMove: 'nobody',
    message: 'The service asked to slow down.',
    remedy: 'Wait: the call is repeated when the service allows it.',
  },
  partial_answer: {
    permanent: false,
    whoseMove: 'microsoft',
    message: 'The service answered only in part.',
    remedy: 'Try again later; what came was not used, since it cannot be told what is missing.',
  },
  webhook_unavailable: {
    permanent: false,
    whoseMove: 'partner',
    message: 'The webhook receiver is not available at the moment.',
    remedy: 'Wait: it is tried again. If it lasts, look at the receiver.',
  },
  webhook_refused: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The webhook receiver refused the delivery.',
    remedy: 'Check the address and the secret of the webhook at its receiver.',
  },
} as const satisfies Record<string, FailureKind>
