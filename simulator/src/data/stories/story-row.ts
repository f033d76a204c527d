import type { KqlValue } from '../../kql/types.ts'
import type { ProcessFact } from '../alert-model.ts'
import type { Device } from '../devices.ts'
import { createdProcess, initiatedBy, onDevice, packRow, type RowValues } from '../rows.ts'
import type { Ticks } from '../ticks.ts'

/**
 * What a story leaves in a hunting table, kept small: rows have up to seventy columns, and most stories are
 * told for their alerts alone.
 */
export type StoryRow = {
  table: string
  at: Ticks
  own: RowValues
  device?: Device
  /** the process that did it */
  by?: ProcessFact
  /** the process that was started */
  created?: ProcessFact
}

/** Lays a row out in its table's columns. */
export function packStoryRow({ table, at, own, device, by, created }: StoryRow): KqlValue[] {
  const shared: RowValues[] = []
  if (device) shared.push(onDevice(device, at))
  if (created) shared.push(createdProcess(created))
  if (by) shared.push(initiatedBy(by))
  return packRow(table, own, ...shared)
}
