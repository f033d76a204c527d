import { defenderFunctions } from '../../defender-functions.ts'
import { huntingTables } from '../../schema.ts'
import { huntingLanguage, itemsOf } from '../language/language.ts'
import { columnNames } from '../language/syntax-tree.ts'
import type { Diagnosis, Examination } from './diagnosis.ts'
import { nearestNames } from './nearest-names.ts'

/** Known names like the one that is not known: columns in scope, tables, or functions, whichever was wanted. */
export function suggestionsFor(diagnosis: Diagnosis, { code }: Examination): string[] {
  const { kusto } = huntingLanguage()
  const tables = huntingTables().map(({ name }) => name)
  if (diagnosis.unknown === 'table') return nearestNames(diagnosis.name ?? '', tables)
  if (diagnosis.unknown === 'column') {
    const columns = columnNames(kusto, code.GetColumnsInScope(diagnosis.start))
    return nearestNames(diagnosis.name ?? '', columns.length > 0 ? columns : tables)
  }

  const called = /^The name '(\w+)' does not refer to any known function/.exec(diagnosis.message)?.[1]
  return called ? nearestNames(called, functionNames()) : []
}

function functionNames(): string[] {
  const { kusto } = huntingLanguage()
  const builtIn = [...itemsOf(kusto.Functions.All), ...itemsOf(kusto.Aggregates.All)]
  return [...defenderFunctions.map(({ name }) => name), ...builtIn.map(symbol => symbol.Name ?? '')]
}
