import { z } from 'zod'
import type { MachineActionType } from '../data/machine-actions.ts'
import type { Machine } from './machines.ts'

/** A device action: its path, who may ask for it, and what it asks for. */
export type ActionKind = {
  path: string
  type: MachineActionType
  role: string
  /** body members are case-sensitive; `Comment` is required everywhere */
  body: z.ZodType<{ Comment: string; IsolationType?: string; ScanType?: string; Sha1?: string }>
  /** actions of one group exclude each other while one is under way */
  group: string
  windowsOnly: boolean
  status: 200 | 201
}

const comment = { Comment: z.string().min(1).max(4_000) }
const onlyComment = z.object(comment)

export const actionKinds: readonly ActionKind[] = [
  {
    path: 'isolate',
    type: 'Isolate',
    role: 'Machine.Isolate',
    body: z.object({ ...comment, IsolationType: z.enum(['Full', 'Selective', 'UnManagedDevice']) }),
    group: 'isolation',
    windowsOnly: false,
    status: 201,
  },
  {
    path: 'unisolate',
    type: 'Unisolate',
    role: 'Machine.Isolate',
    body: onlyComment,
    group: 'isolation',
    windowsOnly: false,
    status: 201,
  },
  {
    path: 'runAntiVirusScan',
    type: 'RunAntiVirusScan',
    role: 'Machine.Scan',
    body: z.object({ ...comment, ScanType: z.enum(['Quick', 'Full']) }),
    group: 'scan',
    windowsOnly: false,
    status: 201,
  },
  {
    path: 'collectInvestigationPackage',
    type: 'CollectInvestigationPackage',
    role: 'Machine.CollectForensics',
    body: onlyComment,
    group: 'forensics',
    windowsOnly: false,
    status: 201,
  },
  {
    path: 'restrictCodeExecution',
    type: 'RestrictCodeExecution',
    role: 'Machine.RestrictExecution',
    body: onlyComment,
    group: 'restriction',
    windowsOnly: true,
    status: 201,
  },
  {
    path: 'unrestrictCodeExecution',
    type: 'UnrestrictCodeExecution',
    role: 'Machine.RestrictExecution',
    body: onlyComment,
    group: 'restriction',
    windowsOnly: true,
    status: 201,
  },
  {
    path: 'StopAndQuarantineFile',
    type: 'StopAndQuarantineFile',
    role: 'Machine.StopAndQuarantine',
    body: z.object({ ...comment, Sha1: z.string().regex(/^[0-9a-f]{40}$/i) }),
    group: 'quarantine',
    windowsOnly: true,
    status: 201,
  },
  {
    path: 'offboard',
    type: 'Offboard',
    role: 'Machine.Offboard',
    body: onlyComment,
    group: 'offboarding',
    windowsOnly: true,
    status: 200,
  },
]

/** Why a device cannot do it, in the API's own code; undefined when it can. */
export function obstacle(
  kind: ActionKind,
  machine: Machine,
  isolationType: string | undefined,
): string | undefined {
  if (kind.windowsOnly && !machine.os.isWindows)
    return `The action is not supported on ${machine.os.platform}`
  if (isolationType === 'Selective' && !machine.os.isWindows) {
    return `Selective isolation is not supported on ${machine.os.platform}`
  }
  const isContainment = isolationType === 'UnManagedDevice'
  if (machine.onboarding !== 'onboarded' && !isContainment && kind.type !== 'Unisolate') {
    return 'The device is not onboarded'
  }
  return undefined
}
