import { AppError } from '../../errors.ts'
import { toLiteral } from '../query/literals.ts'
import type { ParameterDeclaration } from '../query/query-analysis.ts'

/**
 * Fills in the parameters: each declaration becomes `let` statements with
 * literals, because Defender's APIs take no parameters beside the text.
 *
 * @param declarations where the query declares parameters, as its analysis found them
 * @param values as typed, by name; what is absent or empty takes the default (an empty string is a value
 * for a string without default)
 * @throws AppError `invalid` with `details.parameters: {name: message}` for wrong or missing values, and
 * for names that the query does not declare
 */
export function fillIn(
  query: string,
  declarations: readonly ParameterDeclaration[],
  values: Readonly<Record<string, string>> = {},
): string {
  const declared = new Set(declarations.flatMap(({ parameters }) => parameters.map(({ name }) => name)))
  const problems: Record<string, string> = {}
  for (const name of Object.keys(values)) {
    if (!declared.has(name)) problems[name] = 'the query has no parameter of this name'
  }

  let filled = ''
  let from = 0
  for (const { start, end, parameters } of declarations) {
    const statements = parameters.map(parameter => {
      const typed = Object.hasOwn(values, parameter.name) ? values[parameter.name] : undefined
      const { value, problem } = literalFor(parameter, typed)
      if (problem !== undefined) problems[parameter.name] = problem
      return `let ${bracketed(parameter.name)} = ${value};`
    })
    filled += query.slice(from, start) + statements.join('\n')
    from = end
  }
  if (Object.keys(problems).length > 0) {
    throw new AppError('invalid', `wrong parameters: ${Object.keys(problems).join(', ')}`, {
      remedy: Object.entries(problems)
        .map(([name, problem]) => `${name}: ${problem}`)
        .join('; '),
      details: { parameters: problems },
    })
  }
  return filled + query.slice(from)
}

function literalFor(
  parameter: ParameterDeclaration['parameters'][number],
  typed: string | undefined,
): { value: string; problem?: string } {
  const isGiven = typed !== undefined && (typed !== '' || parameter.type === 'string')
  if (!isGiven) {
    return parameter.literal === null
      ? { value: '', problem: 'a value is needed' }
      : { value: parameter.literal }
  }
  try {
    return { value: toLiteral(parameter.type, typed) }
  } catch (error) {
    if (error instanceof AppError) return { value: '', problem: error.message }
    throw error
  }
}

/** A name that the language would not take bare is written in brackets. */
function bracketed(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `['${name.replace(/['\\]/g, '\\$&')}']`
}
