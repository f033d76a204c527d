import { demoRegistration } from '../registration.ts'
import type { CustomerProfile } from '../world.ts'

/** The partner's own tenant, where the registration lives and staff sign in. */
export const partner: CustomerProfile = {
  tenantId: demoRegistration.partnerTenantId,
  name: demoRegistration.partnerName,
  domain: demoRegistration.partnerDomain,
  initialDomain: 'northwinddefence.onmicrosoft.example',
  regionScope: 'EU',
  industry: 'Security services',
  size: 'medium',
  licenses: ['defender-xdr', 'endpoint', 'office365', 'identity', 'cloud-apps', 'entra-p2'],
  seed: 1,
  people: [
    {
      objectId: '0b4c1f7e-6a52-4d38-9e07-5c1d8a3f2b61',
      username: `admin@${demoRegistration.partnerDomain}`,
      displayName: 'Tenantry administrator',
      directoryRoles: ['Global Administrator'],
      appRoles: ['Tenantry.Admin'],
    },
    {
      objectId: '2e95d0a8-71c4-4f6b-8b3a-94e6f17c0d52',
      username: `analyst@${demoRegistration.partnerDomain}`,
      displayName: 'Security analyst',
      directoryRoles: [],
      appRoles: ['Tenantry.Analyst'],
    },
    {
      objectId: '4c07a9e2-58d1-4b36-8f9a-2d6e01b7c543',
      username: `responder@${demoRegistration.partnerDomain}`,
      displayName: 'Incident responder',
      directoryRoles: [],
      appRoles: ['Tenantry.Responder'],
    },
    {
      objectId: '73f8b6c1-0d29-4a85-a6e4-1b52c9d7e083',
      username: `reader@${demoRegistration.partnerDomain}`,
      displayName: 'Read-only colleague',
      directoryRoles: [],
      appRoles: ['Tenantry.Reader'],
    },
    {
      objectId: '9a61e4d7-5b08-4c93-bf12-8d70a2e6c394',
      username: `newcomer@${demoRegistration.partnerDomain}`,
      displayName: 'Newcomer without a role',
      directoryRoles: [],
    },
  ],
}
