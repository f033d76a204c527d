import { createRequire } from 'node:module'

/** Tenantry's own version, from package.json. */
export const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
