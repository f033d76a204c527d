import type { Finding } from '../../src/doctor/check.ts'
import { type DoctorDeps, examine } from '../../src/doctor/doctor.ts'
import { systemActor } from '../../src/tenants/actor.ts'
import type { RunningApp } from '../helpers/app.ts'

/** What the doctor says, with some parts as they must not be. */
export type Examine = (changes?: Partial<DoctorDeps>, tenant?: string | null) => Promise<Finding[]>

export function examineAs(running: RunningApp): Examine {
  return async (changes = {}, tenant = null) => {
    const { config, ...services } = running.services
    const findings: Finding[] = []
    for await (const finding of examine({ ...services, ...config, ...changes }, systemActor, tenant)) {
      findings.push(finding)
    }
    return findings
  }
}

export function outcomesOf(findings: Finding[]): Record<string, string> {
  return Object.fromEntries(findings.map(({ check, outcome }) => [check, outcome]))
}
