import type { Actor } from './actor.ts'
import { type Dependence, dependences } from './capabilities.ts'
import { describeAbsence, type RoleKey, splitRole, surfaceLabels } from './roles.ts'
import type { Tenants } from './tenants.ts'

/** Something that ends, with how many tenants still depend on it. */
export type EndingLine = Dependence & {
  product: string
  count: number
  /** Whether a new consent link asks for the role that replaces it. */
  isAskedFor: boolean
}

/** A required role with how many tenants lack it. */
export type LackLine = { key: RoleKey; role: string; product: string; disables: string; count: number }

/**
 * Who still depends on what ends, and which required roles are missing, over
 * all tenants that the actor may see. Counts only.
 */
export async function surveyTenants(
  tenants: Pick<Tenants, 'count' | 'summarize'>,
  actor: Actor,
  requiredRoles: readonly RoleKey[],
): Promise<{ total: number; endings: EndingLine[]; lacks: LackLine[] }> {
  const [summary, endings] = await Promise.all([
    tenants.summarize(actor),
    Promise.all(
      dependences().map(async dependence => ({
        ...dependence,
        product: surfaceLabels[dependence.surface],
        count: await tenants.count(actor, { dependsOn: dependence }),
        isAskedFor: dependence.instead !== null && requiredRoles.includes(dependence.instead),
      })),
    ),
  ])
  const lacks = summary.byMissingRole.map(({ value, count }) => {
    const { surface, role } = splitRole(value as RoleKey)
    const { key, disables } = describeAbsence(value as RoleKey)
    return { key, role, product: surfaceLabels[surface], disables, count }
  })
  return { total: summary.total, endings: endings.filter(({ count }) => count > 0), lacks }
}
