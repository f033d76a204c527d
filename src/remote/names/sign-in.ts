import type { FailureKind } from './kind.ts'

/** Failures of a person's sign-in, staff or a customer's admin. */
export const signInFailures = {
  sign_in_required: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The sign-in has ended or was used already.',
    remedy: 'Sign in again.',
    customer: 'Open the link again and sign in once more.',
  },
  sign_in_failed: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The account could not sign in.',
    remedy: 'Check the account: locked, disabled, or an expired or wrong password.',
    customer: 'Check the account you signed in with: it may be locked, disabled or have an expired password.',
  },
  mfa_required: {
    permanent: true,
    whoseMove: 'customer',
    message: 'Multifactor authentication was asked for and not completed.',
    remedy: 'Sign in again and complete multifactor authentication.',
    customer: 'Open the link again and complete multifactor authentication.',
  },
  conditional_access: {
    permanent: true,
    whoseMove: 'customer',
    message: 'A Conditional Access policy blocked the sign-in.',
    remedy:
      'Sign in from a device and network that the policy admits; the sign-in log in Entra names the policy.',
    customer: 'Open the link from a device and network that your Conditional Access policies admit.',
  },
  wrong_account: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The account does not belong to this tenant.',
    remedy: 'Sign in with an account of the right tenant.',
    customer:
      'Sign in with an account of your own organization, in a private window if another one keeps appearing.',
  },
  user_not_assigned: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The account is not assigned to the app.',
    remedy: 'Ask an administrator to assign the account to the app under Enterprise apps.',
    customer: 'Assign the account to the app under Enterprise apps, Users and groups.',
  },
} as const satisfies Record<string, FailureKind>
