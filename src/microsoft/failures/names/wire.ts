import type { FailureKind } from './kind.ts'

/** Failures of the way there and back. */
export const wireFailures = {
  unavailable: {
    permanent: false,
    whoseMove: 'microsoft',
    message: 'The service is not available at the moment.',
    remedy: 'Wait: it is tried again. If it lasts, look at the service health page of Microsoft 365.',
  },
  entra_refused: {
    permanent: true,
    whoseMove: 'partner',
    message: 'Entra refused the request.',
    remedy: 'Look the code up at Microsoft, or report it with its request id.',
    customer: 'Send the code to your security partner: they can look up what it means.',
  },
  directory_failure: {
    permanent: true,
    whoseMove: 'microsoft',
    message: 'Entra reports a failure of the directory that repeating does not cure.',
    remedy: 'Open a ticket at Microsoft with the request id.',
  },
  timeout: {
    permanent: false,
    whoseMove: 'microsoft',
    message: 'No complete answer came in time.',
    remedy: 'Wait: it is tried again. If it lasts, check the network between this machine and the service.',
  },
  network: {
    permanent: false,
    whoseMove: 'partner',
    message: 'No connection to the service came about.',
    remedy: 'Check DNS, firewall and proxy of this machine if it lasts.',
  },
  proxy_unreachable: {
    permanent: false,
    whoseMove: 'partner',
    message: 'The proxy on the way to the service cannot be reached.',
    remedy:
      'Check the address in HTTPS_PROXY and that the proxy runs; NO_PROXY lists what is reached without it.',
  },
  proxy_refused: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The proxy on the way to the service refused the connection.',
    remedy:
      'Have the proxy allow this host on port 443, or check the user name and password in HTTPS_PROXY; NO_PROXY lists what is reached without it.',
  },
  tls: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The certificate of the service could not be trusted.',
    remedy:
      'Check the clock of this machine, and whether a proxy opens the traffic (its CA belongs in NODE_EXTRA_CA_CERTS).',
  },
  reset: {
    permanent: false,
    whoseMove: 'nobody',
    message: 'The connection broke before the answer was complete.',
    remedy: 'Try again; for a change, look first whether it has happened.',
  },
  too_large: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The answer is larger than is read here.',
    remedy: 'Ask for less at once.',
  },
  bad_answer: {
    permanent: false,
    whoseMove: 'microsoft',
    message: 'The answer is not what the service promises.',
    remedy: 'Try again later; if it repeats, report this with its request id.',
  },
  bad_token: {
    permanent: false,
    whoseMove: 'microsoft',
    message: 'Entra issued a token that is not the one that was asked for.',
    remedy:
      'Check the clock of this machine and whether a proxy changes what Entra answers; if both are right, report it to Microsoft’s support with the request id.',
  },
  list_incomplete: {
    permanent: false,
    whoseMove: 'microsoft',
    message: 'The list is incomplete: the service sent empty pages that point to further ones.',
    remedy: 'Try again later; if it repeats, report it to Microsoft’s support.',
  },
  foreign_link: {
    permanent: true,
    whoseMove: 'microsoft',
    message: 'The answer holds a link to another host; it was not followed.',
    remedy: 'Report this with its request id; no token was sent there.',
  },
  not_in_cloud: {
    permanent: true,
    whoseMove: 'nobody',
    message: 'This cloud does not offer the API.',
    remedy: 'Use another surface; the settings page lists what is missing in this cloud.',
  },
  circuit_open: {
    permanent: false,
    whoseMove: 'nobody',
    message: 'Calls are held back after several failures in a row.',
    remedy: 'Wait: a single call is let through shortly to see whether it works again.',
  },
  suspended: {
    permanent: false,
    whoseMove: 'partner',
    message: 'Calls to customers are suspended.',
    remedy: 'Wait: what was queued goes on when an administrator ends the suspension.',
    customer:
      'Your security partner has suspended its calls for now. Ask them when to try again; nothing is wrong on your side.',
  },
  canceled: {
    permanent: false,
    whoseMove: 'nobody',
    message: 'The call was canceled here.',
    remedy: 'Start it again if it is still wanted.',
  },
} as const satisfies Record<string, FailureKind>
