import type { z } from 'zod'
import type { Alert } from '../model.ts'
import {
  alertStatuses,
  camelCase,
  classifications,
  createNameReader,
  determinations,
  severities,
  sourceName,
} from './members.ts'
import { optionalId, text, texts } from './wire.ts'

/** The members that an alert has by the same name on every surface. */
export const alertFields = {
  incidentId: optionalId,
  title: text,
  description: text,
  status: text,
  severity: text,
  classification: text,
  determination: text,
  category: text,
  mitreTechniques: texts,
  detectionSource: text,
  investigationState: text,
  threatFamilyName: text,
  assignedTo: text,
}

type Wire = { [name in keyof typeof alertFields]: z.output<(typeof alertFields)[name]> }

type Shared =
  | 'incidentId'
  | 'title'
  | 'description'
  | 'status'
  | 'severity'
  | 'classification'
  | 'determination'
  | 'categories'
  | 'mitreTechniques'
  | 'detectionSource'
  | 'investigationState'
  | 'threatFamily'
  | 'assignedTo'
  | 'unfamiliar'

/** Reads them into one spelling, noting the values that are new to us. */
export function readAlertFields(wire: Wire): Pick<Alert, Shared> {
  const names = createNameReader()
  return {
    incidentId: wire.incidentId,
    title: wire.title ?? 'Untitled alert',
    description: wire.description,
    status: names.read('status', wire.status, alertStatuses, 'unknown'),
    severity: names.read('severity', wire.severity, severities, 'unknown'),
    classification: names.read('classification', wire.classification, classifications, 'unknown'),
    determination: names.read('determination', wire.determination, determinations, 'unknown'),
    categories: wire.category === null ? [] : [wire.category],
    mitreTechniques: wire.mitreTechniques,
    detectionSource: sourceName(wire.detectionSource),
    investigationState: wire.investigationState && camelCase(wire.investigationState),
    threatFamily: wire.threatFamilyName,
    assignedTo: wire.assignedTo,
    unfamiliar: names.unfamiliar,
  }
}
