import type { SyncedIncident } from '../microsoft/defender/index.ts'
import { storableText } from '../platform/storable.ts'
import { wordsOf } from './title-words.ts'

const severityRanks: Record<string, number> = { high: 4, medium: 3, low: 2, informational: 1 }

/** 0 (unknown, or new to us) to 4 (high). */
export function severityRankOf(severity: string): number {
  return severityRanks[severity] ?? 0
}

/** As assignees are compared; empty for nobody. */
export function assigneeKeyOf(assignedTo: string | null): string {
  return storableText(assignedTo?.trim().toLowerCase() ?? '', 400)
}

/** Techniques as they are found: `T1003.001` by `T1003`, too. */
export function findableTechniques(techniques: readonly string[]): string[] {
  const upper = techniques.map(technique => storableText(technique.toUpperCase(), 100))
  return distinct(upper.flatMap(technique => [technique.split('.')[0] ?? technique, technique]))
}

/** Values of one column, each once, bounded in number and length. */
export function distinct(values: readonly (string | null)[]): string[] {
  const texts = values
    .filter(value => value !== null && value !== '')
    .map(value => storableText(value ?? '', 400))
  return [...new Set(texts)].slice(0, 200)
}

/** A document as a JSON column takes it: like it came, without the characters that PostgreSQL refuses. */
export function storableDocument(document: unknown): unknown {
  if (typeof document === 'string') return document.replaceAll('\u0000', '').toWellFormed()
  if (Array.isArray(document)) return document.map(storableDocument)
  if (typeof document !== 'object' || document === null) return document
  return Object.fromEntries(
    Object.entries(document).map(([name, value]) => [storableDocument(name), storableDocument(value)]),
  )
}

/** The columns of an incident that its own answer tells; the rest comes from its alerts, and from what happened here. */
export function columnsOf({ incident, updatedExact, raw }: SyncedIncident) {
  const { id, title, description, assignedTo, severity, status, redirectTo } = incident
  const shown = storableText(title, 1000)
  return {
    incidentId: id,
    title: shown,
    description: description === null ? null : storableText(description, 20_000),
    words: [...wordsOf(shown), id],
    severity: storableText(severity, 100),
    severityRank: severityRankOf(severity),
    status: storableText(status, 100),
    isListed: status !== 'redirected' && redirectTo === null,
    assignedTo: assignedTo === null ? null : storableText(assignedTo, 400),
    assigneeKey: assigneeKeyOf(assignedTo),
    classification: storableText(incident.classification, 100),
    determination: storableText(incident.determination, 100),
    tags: distinct(incident.tags),
    systemTags: distinct(incident.systemTags),
    comments: storableDocument(incident.comments),
    redirectTo: redirectTo === null ? null : storableText(redirectTo, 100),
    createdAt: incident.createdAt,
    updatedAt: incident.updatedAt,
    updatedExact,
    webUrl: incident.webUrl === null ? null : storableText(incident.webUrl, 2000),
    surface: incident.surface,
    raw: storableDocument(raw),
  }
}

export type IncidentColumns = ReturnType<typeof columnsOf>
