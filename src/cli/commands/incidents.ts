import { type Command, InvalidArgumentError, Option } from 'commander'
import { readEntity } from '../../incidents/entities.ts'
import {
  type IncidentFilters,
  type IncidentSort,
  type IncidentView,
  incidentSorts,
} from '../../incidents/model.ts'
import type { Classification, Determination, IncidentChange } from '../../microsoft/defender/index.ts'
import type { Services } from '../../services.ts'
import { commandLineActor, withServices } from '../context.ts'
import { printIncidents } from '../incident-table.ts'
import { printJson, say } from '../output.ts'
import { watchIncidents } from '../watch-incidents.ts'
import { wholeNumber } from '../wrong-use.ts'

type ListOptions = {
  tenant?: string[]
  tag?: string
  severity?: string[]
  status?: string[]
  assignedTo?: string
  product?: string
  category?: string
  technique?: string
  incidentTag?: string
  entity?: string
  createdSince?: string
  updatedSince?: string
  search?: string
  sort: IncidentSort
  limit: number
  watch?: boolean
  json?: boolean
}

const severities = ['high', 'medium', 'low', 'informational', 'unknown']
const statuses = ['active', 'inProgress', 'resolved', 'redirected', 'awaitingAction']

export function incidentsCommand(program: Command): void {
  const incidents = program
    .command('incidents')
    .description('list incidents of all tenants, updated last first, or change one')
    .option('--tenant <id or domain...>', 'of these tenants')
    .option('--tag <tag>', 'of tenants with this tag')
    .addOption(new Option('--severity <severity...>').choices(severities))
    .addOption(new Option('--status <status...>').choices(statuses))
    .option('--assigned-to <user>', 'user name of the analyst, or "none"')
    .option('--product <source>', 'such as microsoftDefenderForEndpoint')
    .option('--category <category>', 'such as CredentialAccess')
    .option('--technique <id>', 'such as T1003, which includes T1003.001')
    .option('--incident-tag <tag>', 'with this tag of their own')
    .option(
      '--entity <value>',
      'with this host, user, address, hash, URL or mailbox in the evidence; kind:value',
    )
    .option('--created-since <time>', 'ISO 8601, e.g. 2026-01-31T08:00:00Z', readTime)
    .option('--updated-since <time>', 'ISO 8601, e.g. 2026-01-31T08:00:00Z', readTime)
    .option('--search <words>', 'beginnings of words of the title, or the number')
    .addOption(new Option('--sort <order>').choices([...incidentSorts]).default('-updatedAt'))
    .option('--limit <count>', 'how many at most', wholeNumber, 50)
    .option('--watch', 'go on with incidents that are new or change, until interrupted')
    .option('--json', 'print JSON; with --watch, one document per line')
    .action(async ({ sort, limit, watch, json, ...options }: ListOptions) => {
      await withServices(async services => {
        const filters = await filtersOf(services, options)
        if (watch) return watchIncidents(services, filters, json ?? false)
        const { found, hasMore } = await listUpTo(services, filters, sort, limit)
        await tellFreshness(services, filters)
        if (json) return printJson(found)
        if (found.length === 0) return say('No incidents fit.')
        printIncidents(found)
        if (hasMore) say(`There are more: raise --limit above ${limit}.`)
      })
    })

  incidents
    .command('assign <id> <user>')
    .description('assign an incident to a user; "none" takes the assignment away')
    .option('--json', 'print JSON')
    .action((id: string, user: string, _options: object, command: Command) =>
      change(command, id, { assignedTo: user === 'none' ? null : user }),
    )

  incidents
    .command('resolve <id>')
    .description('resolve an incident')
    .option('--classification <name>', 'truePositive, falsePositive or informationalExpectedActivity')
    .option('--determination <name>', 'the reason, such as malware; it must fit the classification')
    .option('--comment <text>', 'added to the comments')
    .option('--json', 'print JSON')
    .action(
      (
        id: string,
        { classification, determination, comment }: Record<string, string | undefined>,
        command: Command,
      ) =>
        change(command, id, {
          status: 'resolved',
          ...(classification ? { classification: classification as Classification } : {}),
          ...(determination ? { determination: determination as Determination } : {}),
          ...(comment ? { comment } : {}),
        }),
    )

  incidents
    .command('comment <id> <text>')
    .description('add a comment to an incident')
    .option('--json', 'print JSON')
    .action((id: string, text: string, _options: object, command: Command) =>
      change(command, id, { comment: text }),
    )
}

/** Changes one incident, read before it is written. */
async function change(command: Command, id: string, wanted: IncidentChange): Promise<void> {
  await withServices(async ({ incidents }) => {
    const { incident } = await incidents.change(commandLineActor, id, wanted, null)
    if (command.optsWithGlobals().json) return printJson(incident)
    printIncidents([incident])
  })
}

async function filtersOf(
  { discovery }: Services,
  { tenant, severity, status, assignedTo, entity, technique, ...rest }: Omit<ListOptions, 'sort' | 'limit'>,
): Promise<IncidentFilters> {
  const read = entity === undefined ? null : readEntity(entity)
  return {
    ...rest,
    ...(tenant
      ? { tenants: (await Promise.all(tenant.map(discovery.resolve))).map(one => one.tenantId) }
      : {}),
    ...(severity ? { severities: severity } : {}),
    ...(status ? { statuses: status } : {}),
    ...(assignedTo === undefined ? {} : { assignedTo: assignedTo === 'none' ? null : assignedTo }),
    ...(technique ? { technique: technique.toUpperCase() } : {}),
    ...(read ? { entity: read } : {}),
  }
}

async function listUpTo(
  { queue }: Services,
  filters: IncidentFilters,
  sort: IncidentSort,
  limit: number,
): Promise<{ found: IncidentView[]; hasMore: boolean }> {
  const found: IncidentView[] = []
  let cursor: string | null = null
  do {
    const page: { items: IncidentView[]; nextCursor: string | null } = await queue.list(
      commandLineActor,
      filters,
      {
        sort,
        limit: Math.min(limit - found.length, 200),
        cursor,
      },
    )
    found.push(...page.items)
    cursor = page.nextCursor
  } while (cursor && found.length < limit)
  return { found, hasMore: cursor !== null }
}

/** A tenant that cannot be read is never shown as quiet. */
async function tellFreshness({ freshness }: Services, filters: IncidentFilters): Promise<void> {
  const { tenants, current } = await freshness.summarize(commandLineActor, filters)
  if (current === tenants) return
  say(`${tenants - current} of ${tenants} tenants are not up to date:`)
  for (const { tenantName, error } of await freshness.behind(commandLineActor, filters, 10))
    say(`  ${tenantName}: ${error.message} ${error.remedy}`)
}

/** @returns ISO 8601 UTC */
function readTime(text: string): string {
  const time = Date.parse(text)
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(time)) return new Date(time).toISOString()
  throw new InvalidArgumentError('It must be a time in ISO 8601, such as 2026-01-31T08:00:00Z.')
}
