import type { KqlValue } from '../../kql/types.ts'
import { makeRandom, seedOf } from '../random.ts'
import { packRow, type RowValues } from '../rows.ts'
import type { AlertOfIncident } from '../tenant-data.ts'
import { evidenceColumns, productName } from './alert-rows.ts'

/** Only Cloud Apps reports behaviors: what it saw before it, or somebody, called it an alert. */
export function hasBehavior(alert: AlertOfIncident): boolean {
  return alert.serviceSource === 'microsoftDefenderForCloudApps'
}

function sharedColumns(alert: AlertOfIncident): RowValues {
  return {
    Timestamp: alert.firstActivity,
    BehaviorId: `bc${makeRandom(seedOf('behavior', alert.id)).guid()}`,
    Categories: JSON.stringify([alert.category]),
    ServiceSource: productName(alert.serviceSource),
    DetectionSource: 'Microsoft Defender for Cloud Apps',
    DataSources: JSON.stringify(['Microsoft 365']),
    ActionType: alert.title.replaceAll(/(?:^|[^A-Za-z]+)([A-Za-z])/g, (_all, letter: string) =>
      letter.toUpperCase(),
    ),
  }
}

export function behaviorInfoRow(alert: AlertOfIncident): KqlValue[] {
  const account = alert.evidence.find(one => one.kind === 'user')?.account
  return packRow(
    'BehaviorInfo',
    {
      Title: alert.title,
      Description: alert.description,
      AttackTechniques: JSON.stringify(alert.techniques),
      AccountUpn: account?.upn ?? '',
      AccountObjectId: account?.objectId ?? '',
      StartTime: alert.firstActivity,
      EndTime: alert.lastActivity,
      AdditionalFields: '{}',
    },
    sharedColumns(alert),
  )
}

/** One row for each thing that a behavior is about. */
export function behaviorEntityRows(alert: AlertOfIncident): KqlValue[][] {
  return alert.evidence.map(one =>
    packRow(
      'BehaviorEntities',
      { EntityRole: one.role === 'compromised' || one.role === 'attacked' ? 'Impacted' : 'Related' },
      sharedColumns(alert),
      evidenceColumns(one),
    ),
  )
}
