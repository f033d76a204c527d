import type { FailureKind } from './kind.ts'

/** Failures of a person's sign-in, staff or a customer's admin. */
export const signInFailures = {
  sign_in_required: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The sign-in has ended or was used already.',
    remedy: 'Ask the customer’s administrator to open the link again and sign in once more.',
    customer: 'Open the link again and sign in once more.',
    staff: { whoseMove: 'staff', remedy: 'Sign in again.' },
  },
  sign_in_interrupted: {
    permanent: true,
    whoseMove: 'customer',
    message: 'Entra asked the person for one more step, and the sign-in ended there.',
    remedy: 'Ask the customer’s administrator to open the link again and answer what Microsoft asks.',
    customer: 'Open the link again and answer what Microsoft asks you.',
    staff: { whoseMove: 'staff', remedy: 'Sign in again and answer what Microsoft asks.' },
  },
  sign_in_failed: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The account could not sign in.',
    remedy: 'Ask the customer’s administrator to check the account: locked, disabled, or a wrong password.',
    customer:
      'Check the account you signed in with: it may be locked or disabled, or the password was wrong.',
    staff: { whoseMove: 'staff', remedy: 'Check the account: locked, disabled, or a wrong password.' },
  },
  password_change_required: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The account has to change its password first.',
    remedy:
      'Ask the customer’s administrator to set a new password for the account, then to open the link again.',
    customer: 'Set a new password for your account, then open the link again.',
    staff: { whoseMove: 'staff', remedy: 'Set a new password for your account, then sign in again.' },
  },
  certificate_sign_in_failed: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The certificate that the person signed in with was not accepted.',
    remedy:
      'Ask the customer to check certificate-based authentication in Entra (issuers, revocation lists), or to sign in another way.',
    customer:
      'Sign in another way than with this certificate, or check certificate-based authentication in Entra: issuers and revocation lists.',
    staff: {
      whoseMove: 'partner',
      remedy:
        'Sign in another way, or check certificate-based authentication of your own tenant: issuers and revocation lists.',
    },
  },
  mfa_required: {
    permanent: true,
    whoseMove: 'customer',
    message: 'Multifactor authentication was asked for and not completed.',
    remedy:
      'Ask the customer’s administrator to open the link again and complete multifactor authentication.',
    customer: 'Open the link again and complete multifactor authentication.',
    staff: { whoseMove: 'staff', remedy: 'Sign in again and complete multifactor authentication.' },
  },
  conditional_access: {
    permanent: true,
    whoseMove: 'customer',
    message: 'A Conditional Access policy blocked the sign-in.',
    remedy:
      'Ask the customer’s administrator to open the link from a device and network that the policy admits; the sign-in log in Entra names the policy.',
    customer:
      'Open the link from a device and network that your Conditional Access policies admit; the sign-in log in Entra names the policy.',
    staff: {
      whoseMove: 'staff',
      remedy:
        'Sign in from a device and network that the policy admits; the sign-in log in Entra names the policy.',
    },
  },
  device_required: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The sign-in needs a device that Entra knows and trusts.',
    remedy:
      'Ask the customer’s administrator to open the link on a device that is registered and enabled in their organization.',
    customer: 'Open the link on a device that is registered and enabled in your organization.',
    staff: {
      whoseMove: 'staff',
      remedy: 'Sign in on a device that is registered and enabled in your own tenant.',
    },
  },
  wrong_account: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The account does not belong to this tenant.',
    remedy: 'Ask the customer’s administrator to open the link again with an account of that organization.',
    customer:
      'Sign in with an account of your own organization, in a private window if another one keeps appearing.',
    staff: {
      whoseMove: 'staff',
      remedy:
        'Sign in with an account of your own organization, in a private window if another one keeps appearing.',
    },
  },
  account_restricted: {
    permanent: true,
    whoseMove: 'customer',
    message: 'A rule about the kind of account blocks it.',
    remedy: 'Ask the customer to open the link with another administrator’s account.',
    customer: 'Open the link again with another administrator’s account.',
    staff: { whoseMove: 'staff', remedy: 'Sign in with another account.' },
  },
  user_not_assigned: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The account is not assigned to the app.',
    remedy: 'Ask the customer to assign the account to the app under Enterprise apps, Users and groups.',
    customer: 'Assign the account to the app under Enterprise apps, Users and groups.',
    staff: {
      whoseMove: 'partner',
      remedy:
        'Ask an administrator to assign the account to the app under Enterprise apps, Users and groups.',
    },
  },
  approver_outside_tenant: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The person who approved has no account in the customer’s tenant.',
    remedy:
      'Connect the tenant directly: trying again can never work for this person. An administrator with an account in the tenant can use the link.',
    customer:
      'Trying again cannot work with this account. Your security partner can connect your organization directly. The link works for an administrator with an account in the organization itself.',
  },
  identity_provider_failed: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The identity provider that the account signs in with failed.',
    remedy:
      'Ask the customer to look at the log of their identity provider, or to use an administrator whose account lives in Entra alone.',
    customer:
      'Ask those who run your identity provider, or open the link with an administrator whose account lives in Entra alone.',
    staff: {
      whoseMove: 'partner',
      remedy:
        'Ask those who run your identity provider, or sign in with an account that lives in Entra alone.',
    },
  },
  on_premises_failed: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The organization’s own directory behind the sign-in did not answer or refused.',
    remedy:
      'Ask the customer to check Active Directory, the authentication agents and single sign-on, or to use an administrator whose account lives in Entra alone.',
    customer:
      'Check Active Directory, its authentication agents and single sign-on, or open the link with an administrator whose account lives in Entra alone.',
    staff: {
      whoseMove: 'partner',
      remedy:
        'Check Active Directory, its authentication agents and single sign-on, or sign in with an account that lives in Entra alone.',
    },
  },
  token_settings_wrong: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The token settings of the app in this tenant (claims, signing key) do not work.',
    remedy:
      'Ask the customer to remove claims rules and signing keys from the app under Enterprise apps, Single sign-on.',
    customer: 'Remove claims rules and signing keys from the app under Enterprise apps, Single sign-on.',
    staff: {
      whoseMove: 'partner',
      remedy:
        'Correct the claims rules and signing keys of the app in your own tenant under Enterprise apps, Single sign-on.',
    },
  },
} as const satisfies Record<string, FailureKind>
