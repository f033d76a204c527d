import { loadConfig } from '../src/config.ts'
import { createServices, type Services } from '../src/services.ts'

export const clientId = 'c1d2e3f4-0000-4000-8000-00000000c11d'

/** The services on a database, with `hunt-server.ts` in Microsoft's place. Not started. */
export function openServices(origin: string, databaseUrl: string, dataDir: string): Promise<Services> {
  const config = loadConfig({
    TENANTRY_CLOUD: 'global',
    TENANTRY_CLIENT_ID: clientId,
    TENANTRY_CLIENT_SECRET: 'bench',
    TENANTRY_PARTNER_TENANT_ID: 'b0b0b0b0-0000-4000-8000-00000000ffff',
    TENANTRY_LOGIN_URL: origin,
    TENANTRY_GRAPH_URL: origin,
    TENANTRY_DEFENDER_URL: origin,
    TENANTRY_ENDPOINT_URL: origin,
    TENANTRY_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    // Only the rate of repeated hunts over the same tenants is lifted; nothing is switched off.
    TENANTRY_HUNTING_SHARE: '1',
    TENANTRY_DATA_DIR: dataDir,
    TENANTRY_LOG_LEVEL: 'silent',
  })
  return createServices(config, databaseUrl)
}
