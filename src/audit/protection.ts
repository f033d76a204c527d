import type { Database } from '../platform/database/index.ts'
import { readRights } from './protection-store.ts'

/** Whether the database itself keeps the application from changing its audit. */
export type Protection = {
  isComplete: boolean
  /** What the application's role can do all the same, one sentence each without a full stop. */
  gaps: string[]
}

/** What an administrator of the database does about gaps. */
export const protectionRemedy =
  'Let a role of its own migrate: set TENANTRY_MIGRATION_DATABASE_URL; the statements that make the roles are in docs/audit.md.'

/** Looks at the rights of the role that the application works as. */
export async function readProtection(db: Database): Promise<Protection> {
  const rights = await readRights(db)
  const role = `role "${rights.role}"`
  const gaps = [
    rights.isSuperuser && `${role} is a superuser and can do everything`,
    rights.ownsTable &&
      !rights.isSuperuser &&
      `${role} owns the audit's tables and can remove their triggers`,
    rights.ownsSchema && !rights.isSuperuser && `${role} owns the schema and can drop the audit's tables`,
    rights.mayWrite && !rights.ownsTable && `${role} may write the audit's tables without the function`,
    !rights.hasTriggers && 'the triggers that refuse changes are missing or turned off',
  ].filter(gap => gap !== false)
  return { isComplete: gaps.length === 0, gaps }
}
