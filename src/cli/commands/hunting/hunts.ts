import type { Command } from 'commander'
import type { HuntSummary } from '../../../hunting/hunts/model.ts'
import { commandLineActor, withServices } from '../../context.ts'
import { plain, printJson, printTable, say } from '../../output.ts'
import { wholeNumber } from '../../wrong-use.ts'

export function huntsCommand(program: Command): void {
  program
    .command('hunts')
    .description('list hunts, newest first; "tenantry hunt --id" prints the rows of one')
    .option('--search <text>', 'part of a name or of the query')
    .option('--limit <count>', 'how many at most', wholeNumber, 20)
    .option('--json', 'print JSON')
    .action(async ({ search, limit, json }: { search?: string; limit: number; json?: boolean }) => {
      await withServices(async ({ hunts }) => {
        const found: HuntSummary[] = []
        let cursor: string | null = null
        do {
          const page: { items: HuntSummary[]; nextCursor: string | null } = await hunts.list(
            commandLineActor,
            search === undefined ? {} : { search },
            { limit: Math.min(limit - found.length, 200), cursor },
          )
          found.push(...page.items)
          cursor = page.nextCursor
        } while (cursor && found.length < limit)
        if (json) return printJson(found)
        if (found.length === 0) return say('No hunts. Begin one with "tenantry hunt --query KQL".')
        printTable(
          ['HUNT', 'BEGUN (UTC)', 'STATUS', 'ANSWERED', 'ROWS', 'BY', 'WHAT'],
          found.map(({ id, createdAt, status, counts, rowCount, createdBy, name, query }) => [
            id,
            createdAt.slice(0, 19).replace('T', ' '),
            status,
            `${counts.succeeded}/${counts.total}`,
            rowCount,
            createdBy,
            name ?? plain(query),
          ]),
        )
        if (cursor) say(`There are more: raise --limit above ${limit}.`)
      })
    })
}
