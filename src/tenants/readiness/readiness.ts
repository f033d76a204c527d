import type { Mover } from '../../errors.ts'
import { failureWords } from '../../microsoft/http/index.ts'
import { type Dependence, dependences } from '../../microsoft/roles/capabilities.ts'
import { describeAbsence, type RoleKey, splitRole, surfaceLabels } from '../../microsoft/roles/roles.ts'
import type { Actor } from '../actor.ts'
import { isAboutTheTenant, isCuredByConsent } from '../health/consent-problems.ts'
import type { TenantSummary, Tenants } from '../tenants.ts'

/** Something that ends, with how many tenants still depend on it. */
export type EndingLine = Dependence & {
  product: string
  count: number
  /** Whether a new consent link asks for the role that replaces it. */
  isAskedFor: boolean
}

/** A required role with how many tenants lack it. */
export type LackLine = { key: RoleKey; role: string; product: string; disables: string; count: number }

/** Something that went wrong, with how many tenants it concerns. */
export type TroubleLine = {
  code: string
  message: string
  remedy: string
  whoseMove: Mover
  count: number
  /** When it was seen last, ISO 8601 UTC. */
  lastAt: string | null
  /** It says something about the tenant itself, not about a bad minute or a credential of ours. */
  isAboutTheTenant: boolean
  /** A new consent link cures it. */
  linkHelps: boolean
}

/** What went wrong last in the tenants, by its name, most first. Missing roles are told one by one, as lacks. */
export function troubles({ byError, byMissingRole }: TenantSummary): TroubleLine[] {
  return byError
    .filter(({ value }) => value !== 'role_missing' || byMissingRole.length === 0)
    .map(({ value: code, count, lastAt }) => ({
      code,
      ...failureWords(code),
      count,
      lastAt: lastAt?.toISOString() ?? null,
      isAboutTheTenant: isAboutTheTenant({ code }),
      linkHelps: isCuredByConsent({ code }),
    }))
}

/**
 * Who still depends on what ends, which required roles are missing, and what
 * happened to consents, apps and licenses, over all tenants that the actor may
 * see. Counts only.
 */
export async function readTenantReadiness(
  tenants: Pick<Tenants, 'count' | 'summarize'>,
  actor: Actor,
  requiredRoles: readonly RoleKey[],
): Promise<{ total: number; endings: EndingLine[]; lacks: LackLine[]; changes: TroubleLine[] }> {
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
  return {
    total: summary.total,
    endings: endings.filter(({ count }) => count > 0),
    lacks,
    changes: troubles(summary).filter(line => line.isAboutTheTenant),
  }
}
