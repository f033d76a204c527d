import { type Command, Option } from 'commander'
import type { ImportResult } from '../../../hunting/library/files/import-queries.ts'
import type { QueryFilters, SavedQueryView } from '../../../hunting/library/model.ts'
import { tacticNames } from '../../../hunting/library/tactics.ts'
import { commandLineActor, withServices } from '../../context.ts'
import { plain, printJson, printTable, say } from '../../output.ts'
import { readQueryFiles, writeQueryFiles } from '../../query-files.ts'

export function queryCommands(program: Command): void {
  const queries = program
    .command('queries')
    .description('list the queries of the library; "tenantry hunt --saved" runs one')
    .option('--search <text>', 'part of a name, of the text or of a technique, e.g. T1059')
    .addOption(new Option('--tactic <tactic>', 'of ATT&CK').choices(tacticNames))
    .option('--tag <tag>')
    .option('--json', 'print JSON')
    .action(async ({ json, ...filters }: QueryFilters & { json?: boolean }) => {
      await withServices(async ({ library }) => {
        const found: SavedQueryView[] = []
        let cursor: string | null = null
        do {
          const page: { items: SavedQueryView[]; nextCursor: string | null } = await library.list(
            commandLineActor,
            filters,
            { limit: 200, cursor },
          )
          found.push(...page.items)
          cursor = page.nextCursor
        } while (cursor)
        if (json) return printJson(found)
        if (found.length === 0) return say('No query fits.')
        printTable(
          ['QUERY', 'TACTIC', 'PARAMETERS', 'NAME'],
          found.map(({ slug, id, tactic, parameters, name }) => [
            slug ?? id,
            tactic,
            parameters.map(({ name, defaultValue }) => `${name}=${defaultValue ?? ''}`).join(' ') || null,
            name,
          ]),
        )
      })
    })

  queries
    .command('show')
    .description('print the KQL of a query, ready for a file; what it finds is said beside it')
    .argument('<name>', 'name or id')
    .option('--json', 'print JSON')
    .action(async (name: string, { json }: { json?: boolean }) => {
      await withServices(async ({ library }) => {
        const query = await library.lookUp(commandLineActor, name)
        if (json) return printJson(query)
        for (const line of wordsAbout(query)) say(plain(line))
        process.stdout.write(`${query.query.trimEnd()}\n`)
      })
    })

  queries
    .command('import')
    .description('bring in queries from a YAML file, or from those of a folder; a second import updates them')
    .argument('<path>', 'a file or a folder, as of Microsoft’s public hunting repositories')
    .option('--allow-unknown-names', 'import in spite of every objection but that a query does not parse')
    .option('--json', 'print JSON')
    .action(async (path: string, options: { allowUnknownNames?: boolean; json?: boolean }) => {
      await withServices(async ({ library }) => {
        const results: ImportResult[] = []
        for await (const file of readQueryFiles(path)) {
          results.push(...(await library.importFiles(commandLineActor, [file], options)))
        }
        if (options.json) printJson(results)
        else printResults(results)
        say(summaryOf(results))
        process.exitCode = results.some(({ outcome }) => outcome !== 'refused') ? 0 : 1
      })
    })

  queries
    .command('export')
    .description('write queries as YAML files, a folder for each tactic')
    .argument('<folder>', 'made when it is not there')
    .option('--all', 'also those that come with Tenantry')
    .action(async (folder: string, { all }: { all?: boolean }) => {
      await withServices(async ({ library }) => {
        const written = await writeQueryFiles(library, folder, all ? {} : { builtIn: false })
        say(`${written} ${written === 1 ? 'query' : 'queries'} written to ${folder}.`)
      })
    })
}

function printResults(results: ImportResult[]): void {
  if (results.length === 0) return
  printTable(
    ['OUTCOME', 'FILE', 'QUERY', 'REASON'],
    results.map(({ outcome, source, name, reason }) => [outcome, source, name, reason]),
  )
}

function summaryOf(results: ImportResult[]): string {
  const counts = (['created', 'updated', 'unchanged', 'refused'] as const).map(
    outcome => `${results.filter(result => result.outcome === outcome).length} ${outcome}`,
  )
  return results.length === 0 ? 'There is no YAML file.' : `${counts.join(', ')}.`
}

function wordsAbout(query: SavedQueryView): string[] {
  const { name, description, tactic, techniques, version, owner, parameters } = query
  return [
    name,
    ...(description ? [description] : []),
    [tactic, ...techniques, `version ${version} by ${owner}`].filter(Boolean).join(' · '),
    ...parameters.map(
      ({ name, type, defaultValue }) =>
        `  ${name}: ${type}, ${defaultValue === null ? 'must be given with --param' : `${defaultValue || 'empty'} unless given with --param`}`,
    ),
  ]
}
