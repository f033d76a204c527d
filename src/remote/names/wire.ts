import type { FailureKind } from './kind.ts'

/** Failures of the way there and back. */
export const wireFailures = {
  unavailable: {
    permanent: false,
    whoseMove: 'microsoft',
    message: 'The service is not available at the moment.',
    remedy: 'Wait: it is tried again. If it lasts, look at the service health page of Microsoft 365.',
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
  canceled: {
    permanent: false,
    whoseMove: 'nobody',
    message: 'The call was canceled here.',
    remedy: 'Start it again if it is still wanted.',
  },
} as const satisfies Record<string, FailureKind>
