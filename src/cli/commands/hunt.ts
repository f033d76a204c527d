import { readFile } from 'node:fs/promises'
import { type Command, Option } from 'commander'
import { AppError } from '../../errors.ts'
import { ledgerText } from '../../hunting/export/ledger.ts'
import { type ExportFormat, writeExport } from '../../hunting/export/write-export.ts'
import type { Hunts } from '../../hunting/hunts/hunts.ts'
import type { TenantChoice } from '../../hunting/hunts/model.ts'
import { cellText } from '../../hunting/results/unify-rows.ts'
import { commandLineActor, withServices } from '../context.ts'
import { printTable, say } from '../output.ts'
import { followHunt } from '../progress.ts'

type HuntOptions = {
  query?: string
  file?: string
  tenants: string
  timespan?: string
  format: 'table' | ExportFormat
  allowUnknownNames?: boolean
  json?: boolean
}

/** Rows that a table on a terminal shows; the other formats have all. */
const mostTableRows = 200

export function huntCommand(program: Command): void {
  program
    .command('hunt')
    .description('run a KQL query in one tenant, in a tag or in all, and print the rows')
    .option('--query <kql>', 'the query')
    .option('--file <path>', 'a file that holds the query')
    .option('--tenants <choice>', '"all", "tag:NAME", or tenant ids separated by commas', 'all')
    .option('--timespan <span>', 'ISO 8601, e.g. P7D or PT1H (default 30 days)')
    .option('--allow-unknown-names', 'run although tables or columns are not in the documented schema')
    .addOption(
      new Option('--format <format>').choices(['table', 'json', 'ndjson', 'csv', 'parquet']).default('table'),
    )
    .option('--json', 'the same as --format json')
    .action(async (options: HuntOptions, command: Command) => {
      if ((options.query === undefined) === (options.file === undefined)) {
        command.error('error: give the query with either --query or --file', { exitCode: 2 })
      }
      const query = options.query ?? (await readQuery(options.file ?? ''))
      const format = options.json ? 'json' : options.format
      await withServices(
        async ({ hunts }) => {
          const { id } = await hunts.create(commandLineActor, {
            query,
            tenants: readChoice(options.tenants),
            timespan: options.timespan ?? null,
            allowUnknownNames: options.allowUnknownNames ?? false,
          })
          const status = await followHunt(hunts, commandLineActor, id)
          if (format === 'table') await printRows(hunts, id)
          else await printExport(hunts, id, format)
          say(ledgerText(await hunts.ledger(commandLineActor, id)))
          // Of thousands of tenants some always fail: that is said, and does not make the others' rows worthless.
          process.exitCode = status === 'succeeded' || status === 'partial' ? 0 : 1
        },
        { hunt: true },
      )
    })
}

async function readQuery(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new AppError('invalid', `the query's file "${path}" cannot be read`, { cause })
  }
}

function readChoice(text: string): TenantChoice {
  if (text === 'all') return 'all'
  if (text.startsWith('tag:')) return { tag: text.slice('tag:'.length) }
  return text.split(',').map(id => id.trim())
}

async function printRows(hunts: Hunts, id: string): Promise<void> {
  const { columns, rows, total } = await hunts.page(commandLineActor, id, { limit: mostTableRows })
  printTable(
    columns.map(({ name }) => name),
    rows.map(row => row.map(cell => (cell === null ? null : cellText(cell)))),
  )
  if (total > rows.length) say(`The first ${rows.length} of ${total} rows; --format csv has all.`)
}

async function printExport(hunts: Hunts, id: string, format: ExportFormat): Promise<void> {
  for await (const piece of writeExport(format, await hunts.exportSource(commandLineActor, id))) {
    // A full pipe is waited for, so memory stays flat however slow the reader is.
    if (!process.stdout.write(piece)) await new Promise(done => process.stdout.once('drain', done))
  }
}
