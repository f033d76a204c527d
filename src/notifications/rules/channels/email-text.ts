import type { IncidentDigestEvent, IncidentToldEvent, NotificationEvent, ToldIncident } from '../../event.ts'
import { type Fact, incidentFacts, inWords } from '../../webhooks/facts.ts'

/** A message as e-mail: a subject of one line, and the same words twice. */
export type EmailText = { subject: string; text: string; html: string }

/** What rules send. */
export type RuleEvent = Extract<NotificationEvent, IncidentToldEvent | IncidentDigestEvent | { type: 'test' }>

const longestSubject = 160

/**
 * @param rule `url`: its page, for whoever wants to change it
 * @param threadSubject the subject that the thread of this incident began with
 */
export function writeEmail(
  event: RuleEvent,
  rule: { name: string; url: string },
  threadSubject: string | null = null,
): EmailText {
  const subject = threadSubject ?? oneLine(subjectOf(event, rule.name), longestSubject)
  const sections = sectionsOf(event)
  return { subject, text: asText(event, sections, rule), html: asHtml(event, sections, rule) }
}

function subjectOf(event: RuleEvent, ruleName: string): string {
  if (event.type === 'test') return `Test of the rule ${ruleName}`
  if (event.type === 'incident.digest') return `${event.summary} (${ruleName})`
  const { severity, title, tenantName } = event.incident
  return `[${inWords(severity)}] ${title} · ${tenantName}`
}

type Section = { title: string | null; facts: Fact[]; links: { label: string; url: string }[] }

function sectionsOf(event: RuleEvent): Section[] {
  if (event.type === 'test') return []
  if (event.type !== 'incident.digest') {
    const { incident, rule } = event
    return [{ title: null, facts: incidentFacts(incident, rule.name), links: linksOf(incident) }]
  }
  const sections = event.incidents.map(incident => {
    const { tenantName, severity, title, incidentId } = incident
    const facts = [
      { label: 'Tenant', value: tenantName },
      { label: 'Incident', value: incidentId },
      { label: 'Severity', value: inWords(severity) },
    ]
    return { title, facts, links: linksOf(incident) }
  })
  const more = event.total - event.incidents.length
  if (more === 0) return sections
  const link = { label: 'Open the queue', url: event.url }
  return [...sections, { title: `And ${more.toLocaleString('en')} more`, facts: [], links: [link] }]
}

function linksOf({ url, webUrl }: ToldIncident): Section['links'] {
  const own = { label: 'Open in Tenantry', url }
  return webUrl === null ? [own] : [own, { label: 'Open in Microsoft Defender', url: webUrl }]
}

function asText(event: RuleEvent, sections: Section[], rule: { name: string; url: string }): string {
  const blocks = sections.map(({ title, facts, links }) =>
    [
      ...(title === null ? [] : [oneLine(title)]),
      ...facts.map(({ label, value }) => `${label}: ${oneLine(value)}`),
      ...links.map(({ label, url }) => `${label}: ${url}`),
    ].join('\n'),
  )
  return [oneLine(event.summary), ...blocks, footer(rule)].join('\n\n').concat('\n')
}

function asHtml(event: RuleEvent, sections: Section[], rule: { name: string; url: string }): string {
  const cell = 'padding:2px 16px 2px 0;vertical-align:top;text-align:left;font-weight:normal'
  const blocks = sections.map(({ title, facts, links }) => {
    const rows = facts.map(
      ({ label, value }) =>
        `<tr><th scope="row" style="${cell}">${escapeHtml(label)}</th><td style="${cell}">${escapeHtml(oneLine(value))}</td></tr>`,
    )
    const anchors = links.map(({ label, url }) => `<a href="${escapeHtml(url)}">${escapeHtml(label)}</a>`)
    return [
      title === null ? '' : `<h2 style="font-size:16px;margin:16px 0 4px">${escapeHtml(oneLine(title))}</h2>`,
      rows.length === 0 ? '' : `<table style="border-collapse:collapse">${rows.join('')}</table>`,
      `<p>${anchors.join(' &nbsp; ')}</p>`,
    ].join('')
  })
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body style="font-family:sans-serif;font-size:14px">',
    `<h1 style="font-size:18px">${escapeHtml(oneLine(event.summary))}</h1>`,
    ...blocks,
    `<p style="font-size:12px">${escapeHtml(`Sent by the rule ${oneLine(rule.name)} of Tenantry.`)} <a href="${escapeHtml(rule.url)}">Change the rule</a></p>`,
    '</body></html>',
  ].join('\n')
}

function footer({ name, url }: { name: string; url: string }): string {
  return `-- \nSent by the rule ${oneLine(name)} of Tenantry. Change the rule: ${url}`
}

/** Text of others as one line: a line break in a subject would begin another header. */
function oneLine(text: string, limit = 1000): string {
  const line = text
    .toWellFormed()
    .replace(/[\s\p{Cc}\u2028\u2029]+/gu, ' ')
    // Characters that turn the reading direction make a text look like another one.
    .replace(/[\u202a-\u202e\u2066-\u2069\u200e\u200f]/g, '')
    .trim()
  return line.length > limit ? `${line.slice(0, limit - 1).toWellFormed()}…` : line
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
