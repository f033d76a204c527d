import type { MachineAction } from '../data/machine-actions.ts'
import type { Fields } from '../data/odata/fields.ts'
import { formatTicks } from '../data/ticks.ts'

const statuses = ['Pending', 'InProgress', 'Succeeded', 'Failed', 'TimeOut', 'Cancelled']
const types = [
  'RunAntiVirusScan',
  'Offboard',
  'LiveResponse',
  'CollectInvestigationPackage',
  'Isolate',
  'Unisolate',
  'StopAndQuarantineFile',
  'RestrictCodeExecution',
  'UnrestrictCodeExecution',
]

/** What `$filter` takes on machine actions. */
export const actionFields: Fields<MachineAction> = {
  id: { type: 'string', read: action => action.id },
  status: { type: 'enum', members: statuses, read: action => action.status },
  machineId: { type: 'string', read: action => action.machineId },
  type: { type: 'enum', members: types, read: action => action.type },
  requestor: { type: 'string', read: action => action.requestor },
  creationDateTimeUtc: { type: 'time', read: action => action.createdAt },
}

/** E_FAIL, as the signed number that the API prints. */
const generalFailure = -2_147_467_259

/** A machine action as Defender for Endpoint prints it. */
export function renderAction(action: MachineAction): Record<string, unknown> {
  const { cancelled } = action
  return {
    id: action.id,
    type: action.type,
    title: null,
    requestor: action.requestor,
    requestorComment: action.comment,
    status: action.status,
    machineId: action.machineId,
    computerDnsName: action.dnsName,
    creationDateTimeUtc: formatTicks(action.createdAt),
    lastUpdateDateTimeUtc: formatTicks(action.updatedAt),
    cancellationRequestor: cancelled?.by ?? null,
    cancellationComment: cancelled?.comment ?? null,
    cancellationDateTimeUtc: cancelled ? formatTicks(BigInt(cancelled.at)) : null,
    errorHResult: action.status === 'Failed' ? generalFailure : 0,
    scope: action.scope,
    externalId: null,
    requestSource: 'PublicApi',
    relatedFileInfo:
      action.sha1 === null ? null : { fileIdentifier: action.sha1, fileIdentifierType: 'Sha1' },
    commands: [],
    troubleshootInfo: null,
  }
}
