import type { NotificationEvent } from '../event.ts'

export type Fact = { label: string; value: string }

/** Tenants named in a message that people read; the page names them all. */
const mostNamed = 12

/** What a message that people read says beside its summary. */
export function factsOf(event: NotificationEvent): Fact[] {
  switch (event.type) {
    case 'schedule.findings': {
      const { tenants, coverage, query } = event
      const named = tenants
        .slice(0, mostNamed)
        .map(({ name, newRows }) => `${name} (${newRows.toLocaleString('en')})`)
      const more = tenants.length - named.length
      const cut = coverage.truncated > 0 ? `; ${coverage.truncated} answers were cut` : ''
      return [
        { label: 'Query', value: query.name },
        { label: 'Tenants', value: [...named, ...(more > 0 ? [`and ${more} more`] : [])].join(', ') },
        {
          label: 'Answered',
          value: `${coverage.answered} of ${coverage.asked}${coverage.failed > 0 ? `; ${coverage.failed} could not be looked at` : ''}${cut}`,
        },
      ]
    }
    case 'schedule.failed': {
      const { problem } = event
      return [
        { label: 'Why', value: problem.message },
        ...(problem.remedy ? [{ label: 'What to do', value: problem.remedy }] : []),
      ]
    }
    case 'test':
      return []
  }
}
