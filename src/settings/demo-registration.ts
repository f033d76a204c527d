/**
 * The demo's app registration: what a partner would have made in its own Entra
 * tenant before inviting customers. Every value here is public and works only
 * against the simulator.
 */
export const demoRegistration = {
  partnerTenantId: '5f0d2c61-9a3b-4e57-8c14-7b6de2a90f31',
  partnerName: 'Northwind Defence',
  partnerContact: 'Service desk, +44 20 7946 0123, soc@partner.example',
  partnerDomain: 'partner.example',
  clientId: 'c8a4d7e2-31f6-4b09-a5de-60b27f8e19c4',
  clientSecret: 'simulator-only.not-a-secret.demo~1',
  appName: 'Tenantry',
} as const

export type RequiredPermission = { surface: 'graph' | 'defender' | 'endpoint'; role: string; id: string }

/**
 * The application permissions the registration lists (requiredResourceAccess).
 * Consent grants all of them or nothing.
 *
 * @see Defender and Graph permission references: role names and ids
 */
export const requiredPermissions: readonly RequiredPermission[] = [
  { surface: 'graph', role: 'SecurityIncident.Read.All', id: '45cc0394-e837-488b-a098-1918f48d186c' },
  { surface: 'graph', role: 'SecurityIncident.ReadWrite.All', id: '34bf0e97-1971-4929-b999-9e2442d941d7' },
  { surface: 'graph', role: 'SecurityAlert.Read.All', id: '472e4a4d-bb4a-4026-98d1-0b0d74cb74a5' },
  { surface: 'graph', role: 'ThreatHunting.Read.All', id: 'dd98c7f5-2d42-42d3-a0e4-633161547251' },
  { surface: 'endpoint', role: 'Machine.Read.All', id: 'ea8291d3-4b9a-44b5-bc3a-6cea3026dc79' },
  { surface: 'endpoint', role: 'Machine.Isolate', id: '7e4e1300-e1b9-4102-88ba-f0cb6e6d5974' },
  { surface: 'endpoint', role: 'Machine.Scan', id: 'a86d9824-b2b6-45f8-b042-16bc4922ed4e' },
  { surface: 'endpoint', role: 'Machine.CollectForensics', id: '15405ab2-2103-4a3c-ad80-e829841cedcc' },
  { surface: 'endpoint', role: 'User.Read.All', id: 'a833834a-4cf1-4732-8acf-bbcfa13fb610' },
  { surface: 'endpoint', role: 'Alert.Read.All', id: '71fe6b80-7034-4028-9ed8-0f316df9c3ff' },
]
