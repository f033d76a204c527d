import { textField } from '../../../hunting/results/export/csv.ts'
import type { Report } from '../../../reports/report.ts'

/**
 * The figures of a report: a line each of section, item, value and the value
 * of the month before. Whole seconds for response times; RFC 4180, fields neutralised.
 */
export function reportCsv(report: Report): string {
  const { tenant, month, severities, total, classified, times, triage, hunts, findings, actions, gaps } =
    report
  const lines: (string | number | null)[][] = [
    ['Section', 'Item', 'Value', 'Month before'],
    ['Report', 'Customer', tenant.name, null],
    ['Report', 'Month', month.name, null],
    ...severities.map(({ severity, created, before }) => ['Incidents created', severity, created, before]),
    ['Incidents created', 'total', total.created, total.before],
    ['Incidents', 'resolved', total.resolved, null],
    ['Incidents', 'open at the end', total.openAtEnd, null],
    ...classified.map(({ classification, count }) => ['Resolved as', classification, count, null]),
    ...(['acknowledgeMedian', 'acknowledgeP90', 'resolveMedian', 'resolveP90'] as const).map(name => [
      'Response times in seconds',
      name,
      wholeSeconds(times.month[name]),
      wholeSeconds(times.before[name]),
    ]),
    ['Triage', 'incidents', triage.incidents, null],
    ['Triage', 'changes', triage.changes, null],
    ['Triage', 'comments', triage.comments, null],
    ['Hunts', 'hunts', hunts.hunts, null],
    ['Hunts', 'rows', hunts.rows, null],
    ...findings.map(({ name, newRows }) => ['New findings', name, newRows, null]),
    ...actions.map(({ type, deviceName, status }) => [
      'Device actions',
      `${type} ${deviceName}`,
      status,
      null,
    ]),
    ...gaps.map(({ what, why }) => ['Not covered', what, why, null]),
  ]
  return lines.map(line => `${line.map(field).join(',')}\r\n`).join('')
}

function wholeSeconds(seconds: number | null): number | null {
  return seconds === null ? null : Math.round(seconds)
}

function field(value: string | number | null): string {
  if (value === null) return ''
  return typeof value === 'number' ? String(value) : textField(value)
}
