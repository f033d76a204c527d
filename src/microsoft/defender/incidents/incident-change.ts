import { AppError } from '../../../errors.ts'
import type { Classification, Determination, IncidentChange } from '../model.ts'

/** Which reasons go with which verdict; the services refuse others. */
export const fittingDeterminations: Record<Classification, readonly Determination[]> = {
  unknown: ['unknown'],
  truePositive: [
    'multiStagedAttack',
    'maliciousUserActivity',
    'compromisedAccount',
    'malware',
    'phishing',
    'unwantedSoftware',
    'other',
  ],
  informationalExpectedActivity: [
    'securityTesting',
    'lineOfBusinessApplication',
    'confirmedActivity',
    'other',
  ],
  falsePositive: ['notMalicious', 'notEnoughDataToValidate', 'other'],
}

/**
 * Refuses what no surface would take, before anything is called.
 *
 * @throws AppError `invalid`
 */
export function checkIncidentChange(change: IncidentChange): void {
  if (Object.values(change).every(value => value === undefined)) {
    throw new AppError('invalid', 'nothing is to be changed')
  }
  const { classification, determination, comment } = change
  if (determination !== undefined && classification === undefined) {
    throw new AppError('invalid', '"determination" is given without its "classification"', {
      remedy: 'Send both together.',
    })
  }
  if (determination !== undefined && classification !== undefined) {
    const fitting = fittingDeterminations[classification]
    if (!fitting.includes(determination)) {
      throw new AppError('invalid', `the determination ${determination} does not fit ${classification}`, {
        remedy: `Choose one of: ${fitting.join(', ')}.`,
      })
    }
  }
  if (comment?.trim() === '') throw new AppError('invalid', 'the comment is empty')
}
