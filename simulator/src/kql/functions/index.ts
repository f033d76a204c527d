import { conversionFunctions } from './conversions.ts'
import { dateFunctions } from './dates.ts'
import type { FunctionTable, ScalarFunction } from './define.ts'
import { dynamicFunctions } from './dynamics.ts'
import { encodingFunctions } from './encoding.ts'
import { networkFunctions } from './network.ts'
import { numberFunctions } from './numbers.ts'
import { parsingFunctions } from './parsing.ts'
import { stringFunctions } from './strings.ts'

const tables: FunctionTable[] = [
  stringFunctions,
  conversionFunctions,
  numberFunctions,
  dateFunctions,
  dynamicFunctions,
  networkFunctions,
  encodingFunctions,
  parsingFunctions,
]

const byName = new Map(tables.flatMap(table => Object.entries(table)))

/** The scalar function of a name, or undefined when this engine has none of that name. */
export function scalarFunction(name: string): ScalarFunction | undefined {
  return byName.get(name)
}
