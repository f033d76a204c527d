import type { FailureKind } from './kind.ts'

/** Failures around consent: the customer's tenant does not let the app in, or lacks what it asks for. */
export const consentFailures = {
  consent_missing: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The app is not known in this tenant: nobody there has approved it.',
    remedy: 'Send the customer a consent link; right after an approval, wait a few minutes.',
    customer: 'Open the link from your partner again and approve the request.',
    staff: {
      whoseMove: 'partner',
      remedy: 'Grant admin consent to the app in your own tenant: App registrations, API permissions.',
    },
  },
  app_removed: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The app was removed from this tenant after it had been approved.',
    remedy: 'Ask the customer whether this was meant; if not, send a new consent link.',
    customer:
      'Approve the request again with the link from your partner, or tell them that the removal was meant.',
  },
  consent_revoked: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The app is still in this tenant, but every permission that was granted to it was taken back.',
    remedy: 'Ask the customer whether this was meant; if not, send a new consent link.',
    customer:
      'Approve the request again with the link from your partner, or tell them that the withdrawal was meant.',
  },
  app_disabled: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The app is disabled in this tenant.',
    remedy:
      'Ask the customer to set "Enabled for users to sign in" to Yes in the enterprise app; if it fails everywhere, look at the app registration.',
    customer:
      'In the Entra admin center open Enterprise apps, choose the app, then Properties, and set "Enabled for users to sign in" to Yes.',
    staff: {
      whoseMove: 'partner',
      remedy:
        'Set "Enabled for users to sign in" to Yes for the app under Enterprise apps in your own tenant.',
    },
  },
  app_refused: {
    permanent: true,
    whoseMove: 'customer',
    message: 'Entra does not let the app work in this tenant.',
    remedy:
      'Send the customer a new consent link; if it fails in several tenants, check the app registration.',
    customer: 'Open the link from your partner again and approve the request.',
  },
  app_risky: {
    permanent: true,
    whoseMove: 'customer',
    message: 'Entra judged the app risky, so only an admin may approve it.',
    remedy:
      'Ask an admin of the customer to approve, and complete publisher verification of the app registration.',
    customer:
      'Ask a Global Administrator or Privileged Role Administrator to review and approve the request.',
  },
  consent_not_written: {
    permanent: false,
    whoseMove: 'customer',
    message: 'The approval could not be written to the directory.',
    remedy:
      'Ask the customer to open the link again after a minute; if it repeats, they delete the stale enterprise app first, and you check the permissions of the registration.',
    customer:
      'Wait a minute and open the link again. If it fails again, delete an older enterprise app of the same name and try once more.',
  },
  declined: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The request was declined.',
    remedy: 'Ask the customer what held them back, then send a new link.',
    customer:
      'Nothing was granted. Open the link again if you change your mind, or ask your partner about the permissions.',
    staff: { whoseMove: 'staff', remedy: 'Sign in again and accept what the app asks for.' },
  },
  needs_admin: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The person who opened the link may not approve these permissions.',
    remedy: 'Ask the customer to pass the link to a Global Administrator or Privileged Role Administrator.',
    customer:
      'Pass the link to a Global Administrator or Privileged Role Administrator of your organization.',
    staff: {
      whoseMove: 'partner',
      remedy: 'Grant admin consent to the app in your own tenant: App registrations, API permissions.',
    },
  },
  tenant_restricted: {
    permanent: true,
    whoseMove: 'customer',
    message: 'Tenant restrictions or a cross-tenant access policy block this access.',
    remedy: 'Ask the customer to allow the app and the sign-in in their cross-tenant access settings.',
    customer:
      'Allow this access in your tenant restrictions or cross-tenant access settings, then open the link again.',
    staff: {
      whoseMove: 'partner',
      remedy:
        'Admit the account in the tenant restrictions and cross-tenant access settings of your own tenant.',
    },
  },
  tenant_inactive: {
    permanent: true,
    whoseMove: 'customer',
    message: 'Microsoft has blocked this tenant because it was inactive.',
    remedy:
      'Ask an administrator of the customer to call Microsoft support and have the tenant reactivated. That is possible within 20 days of the block; afterwards Microsoft deletes the tenant.',
    customer:
      'Call Microsoft support and have your tenant reactivated. That is possible within 20 days of the block; afterwards Microsoft deletes the tenant.',
    staff: {
      whoseMove: 'partner',
      remedy:
        'Have an administrator of your own tenant call Microsoft support within 20 days of the block; afterwards Microsoft deletes the tenant.',
    },
  },
  tenant_blocked: {
    permanent: true,
    whoseMove: 'customer',
    message: 'Microsoft has blocked this tenant.',
    remedy: 'Ask an administrator of the customer to contact Microsoft support about the block.',
    customer: 'Contact Microsoft support about the block of your tenant.',
    staff: { whoseMove: 'partner', remedy: 'Contact Microsoft support about the block of your own tenant.' },
  },
  tenant_not_found: {
    permanent: true,
    whoseMove: 'partner',
    message: 'There is no such tenant in this cloud.',
    remedy:
      'Check the domain or tenant id for a typing error, and ask the customer whether the tenant still exists.',
    customer: 'Tell your partner the tenant id or a verified domain of your organization.',
    staff: {
      whoseMove: 'partner',
      remedy: 'Correct TENANTRY_PARTNER_TENANT_ID: it is the tenant id of your own tenant.',
    },
  },
  wrong_cloud: {
    permanent: true,
    whoseMove: 'partner',
    message: 'The tenant lives in another national cloud.',
    remedy: 'Connect it from an installation of that cloud, with an app registration made there.',
    customer: 'Tell your partner which Microsoft cloud your organization uses.',
    staff: {
      whoseMove: 'partner',
      remedy: 'Set TENANTRY_CLOUD to the cloud of your own tenant, with an app registration made there.',
    },
  },
  role_missing: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The token lacks a permission that this call needs.',
    remedy: 'Send the customer a new consent link so that the whole set of permissions is approved.',
    customer: 'Open the link from your partner and approve the full list of permissions.',
  },
  license_missing: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The tenant has no active license for this Defender product.',
    remedy: 'Ask the customer to buy or renew the license; until then this surface stays unused.',
    customer: 'Check that the Defender license of your organization is active and assigned.',
  },
  service_missing: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The tenant does not have the service behind this API.',
    remedy:
      'Ask the customer to activate Microsoft Defender (opening the Defender portal once sets it up), or leave this API out of the app registration.',
    customer:
      'Activate Microsoft Defender for your organization: sign in to the Defender portal once and finish its setup.',
  },
  service_disabled: {
    permanent: true,
    whoseMove: 'customer',
    message: 'The service behind this API is disabled in the tenant.',
    remedy:
      'Ask the customer whether the subscription lapsed or the enterprise app of the service was disabled.',
    customer:
      'Renew the Defender subscription, or enable the disabled Microsoft service under Enterprise apps.',
  },
  feature_disabled: {
    permanent: true,
    whoseMove: 'customer',
    message: 'This feature is switched off in the tenant.',
    remedy: 'Ask the customer to switch the feature on in the Defender portal.',
    customer: 'Switch the feature on in the settings of the Defender portal.',
  },
  entra_feature_off: {
    permanent: true,
    whoseMove: 'customer',
    message: 'A feature of Entra that the request needs is disabled in this tenant.',
    remedy: 'Ask the customer to look the code up at Microsoft and to enable what it names.',
    customer: 'Look the code up at Microsoft and enable what it names.',
    staff: {
      whoseMove: 'partner',
      remedy: 'Look the code up at Microsoft and enable what it names in your own tenant.',
    },
  },
} as const satisfies Record<string, FailureKind>
