import { type Command, InvalidArgumentError, Option } from 'commander'
import type { IncidentView } from '../../incidents/view.ts'
import { commandLineActor, withServices } from '../context.ts'
import { printJson, printTable, say } from '../output.ts'
import { wholeNumber } from '../wrong-use.ts'

type IncidentOptions = {
  tenant: string
  severity?: string
  status?: string
  assignedTo?: string
  updatedSince?: string
  limit: number
  json?: boolean
}

export function incidentsCommand(program: Command): void {
  program
    .command('incidents')
    .description('list the incidents of a tenant as its Defender has them now, updated last first')
    .requiredOption('--tenant <id or domain>', 'the tenant that is asked')
    .addOption(
      new Option('--severity <severity>').choices(['high', 'medium', 'low', 'informational', 'unknown']),
    )
    .addOption(
      new Option('--status <status>').choices([
        'active',
        'inProgress',
        'resolved',
        'redirected',
        'awaitingAction',
      ]),
    )
    .option('--assigned-to <user>', 'user name of the analyst')
    .option('--updated-since <time>', 'ISO 8601, e.g. 2026-01-31T08:00:00Z', readTime)
    .option('--limit <count>', 'how many at most', wholeNumber, 50)
    .option('--json', 'print JSON')
    .action(async ({ tenant, limit, json, ...filters }: IncidentOptions) => {
      await withServices(async ({ discovery, incidents }) => {
        const { tenantId } = await discovery.resolve(tenant)
        const found: IncidentView[] = []
        let cursor: string | null = null
        do {
          const page: { items: IncidentView[]; nextCursor: string | null } = await incidents.listLive(
            commandLineActor,
            tenantId,
            { ...filters, limit: Math.min(limit - found.length, 200), cursor },
          )
          found.push(...page.items)
          cursor = page.nextCursor
        } while (cursor && found.length < limit)
        if (json) return printJson(found)
        if (found.length === 0) return say('No incidents fit.')
        printTable(
          ['INCIDENT', 'SEVERITY', 'STATUS', 'UPDATED', 'ASSIGNED TO', 'TITLE'],
          found.map(({ incidentId, severity, status, updatedAt, assignedTo, title }) => [
            incidentId,
            severity,
            status,
            updatedAt,
            assignedTo,
            title,
          ]),
        )
        if (cursor) say(`There are more: raise --limit above ${limit}.`)
      })
    })
}

/** @returns ISO 8601 UTC */
function readTime(text: string): string {
  const time = Date.parse(text)
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(time)) return new Date(time).toISOString()
  throw new InvalidArgumentError('It must be a time in ISO 8601, such as 2026-01-31T08:00:00Z.')
}
