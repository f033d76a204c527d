import { type Command, Option } from 'commander'
import type { Hunts } from '../../../hunting/hunts/hunts.ts'
import type { HuntStatus, HuntSummary } from '../../../hunting/hunts/model.ts'
import { coverageText } from '../../../hunting/results/export/coverage.ts'
import { type ExportFormat, writeExport } from '../../../hunting/results/export/write-export.ts'
import { cellText } from '../../../hunting/results/unify-rows.ts'
import type { Services } from '../../../services.ts'
import { commandLineActor, withServices } from '../../context.ts'
import { type QuerySource, readQuery, readTenants } from '../../hunt-request.ts'
import { printTable, say, write } from '../../output.ts'
import { cancelOnInterrupt, followHunt } from '../../progress.ts'
import { namedValue } from '../../wrong-use.ts'

type HuntOptions = QuerySource & {
  id?: string
  tenants: string
  timespan?: string
  format: 'table' | ExportFormat
  allowUnknownNames?: boolean
  json?: boolean
}

/** Rows that a table on a terminal shows; the other formats have all. */
const mostTableRows = 200

const examples = `
Examples:
  tenantry hunt --query 'DeviceInfo | take 5' --tenants contoso.example
  tenantry hunt --saved password-spray --param accounts=5 --tenants tag:north
  tenantry hunt --file rare.kql --format csv > rare.csv
  tenantry hunt --id 0199b1c2-… --format csv > again.csv

Rows go to standard output, the progress and who did not answer to standard
error. Ctrl+C cancels the hunt; if the connection is lost instead, it goes on
where Tenantry runs: "tenantry hunts" lists it, --id fetches its rows.`

export function huntCommand(program: Command): void {
  program
    .command('hunt')
    .description('run a KQL query in one tenant, in a tag or in all, and print the rows')
    .addOption(new Option('--query <kql>', 'the query').conflicts(['file', 'saved', 'id']))
    .addOption(
      new Option('--file <path>', 'a file that holds the query; - is standard input').conflicts([
        'saved',
        'id',
      ]),
    )
    .addOption(
      new Option('--saved <name>', 'a query of the library, by name or id; see "tenantry queries"').conflicts(
        'id',
      ),
    )
    .addOption(
      new Option('--id <hunt>', 'no new hunt: wait for this one, if it still runs, and print its rows'),
    )
    .addOption(
      new Option('--param <name=value>', 'value of a parameter of the query; once for each')
        .argParser(namedValue)
        .default({}, 'as the query says')
        .conflicts('id'),
    )
    .addOption(
      new Option('--tenants <choice>', '"all", "tag:NAME", or ids and domains separated by commas')
        .default('all')
        .conflicts('id'),
    )
    .addOption(
      new Option('--timespan <span>', 'ISO 8601, e.g. P7D or PT1H (default and most: 30 days)').conflicts(
        'id',
      ),
    )
    .addOption(
      new Option(
        '--allow-unknown-names',
        'run in spite of every objection but that the query does not parse',
      ).conflicts('id'),
    )
    .addOption(
      new Option('--format <format>', 'how rows are printed')
        .choices(['table', 'json', 'ndjson', 'csv', 'parquet'])
        .default('table'),
    )
    .option('--json', 'the same as --format json')
    .addHelpText('after', examples)
    .action(async (options: HuntOptions, command: Command) => {
      const { query, file, saved, id } = options
      if ([query, file, saved, id].every(source => source === undefined)) {
        command.error('error: say what to hunt for, with one of --query, --file, --saved and --id')
      }
      const format = options.json ? 'json' : options.format
      if (format === 'parquet' && process.stdout.isTTY) {
        command.error('error: parquet is for programs: redirect it to a file')
      }
      await withServices(
        async services => {
          const { hunts } = services
          const hunt = id ? await hunts.summary(commandLineActor, id) : await begin(services, options)
          const huntId = hunt.id
          const status = await (id
            ? followHunt(hunts, commandLineActor, huntId)
            : cancelOnInterrupt(hunts, commandLineActor, huntId, () => {
                // Whoever reads this may press Ctrl+C.
                say(beginning(services, hunt))
                return followHunt(hunts, commandLineActor, huntId)
              }))
          await print(hunts, huntId, format)
          say(coverageText(await hunts.coverage(commandLineActor, huntId)).trimEnd())
          process.exitCode = exitCodeOf(status)
        },
        { hunt: true },
      )
    })
}

/** Of thousands of tenants some always fail: that is said, and does not make the others' rows worthless. */
function exitCodeOf(status: HuntStatus): number {
  return status === 'succeeded' || status === 'partial' ? 0 : 1
}

async function begin(services: Services, options: HuntOptions): Promise<HuntSummary> {
  return services.hunts.create(commandLineActor, {
    ...(await readQuery(services, options)),
    tenants: await readTenants(services, options.tenants),
    timespan: options.timespan ?? null,
    allowUnknownNames: options.allowUnknownNames ?? false,
  })
}

function beginning({ publicUrl }: Services, { id, counts }: HuntSummary): string {
  const asked = `${counts.total} ${counts.total === 1 ? 'tenant' : 'tenants'}`
  return `Hunt ${id} asks ${asked}: ${publicUrl}/hunts/${id}`
}

async function print(hunts: Hunts, id: string, format: HuntOptions['format']): Promise<void> {
  if (format === 'table') return printRows(hunts, id)
  for await (const piece of writeExport(format, await hunts.exportSource(commandLineActor, id))) {
    await write(piece)
  }
}

async function printRows(hunts: Hunts, id: string): Promise<void> {
  const { columns, rows, total } = await hunts.page(commandLineActor, id, { limit: mostTableRows })
  if (total === 0) return
  printTable(
    columns.map(({ name }) => name),
    rows.map(row => row.map(cell => (cell === null ? null : cellText(cell)))),
  )
  if (total > rows.length) {
    say(`The first ${rows.length} of ${total} rows; all of them: tenantry hunt --id ${id} --format csv`)
  }
}
