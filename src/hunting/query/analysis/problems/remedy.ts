import type { Diagnosis } from './diagnosis.ts'

export const commandRemedy =
  'Remove the command: hunting reads data with queries and takes no management commands.'

/** What the author of the query can do about an objection, in one or two sentences. */
export function remedyFor(diagnosis: Diagnosis, suggestions: string[]): string {
  if (diagnosis.kind === 'control-command') {
    return commandRemedy
  }
  if (diagnosis.unknown === 'member') {
    return 'Only dynamic values have members: read JSON text with parse_json() first, as in parse_json(AdditionalFields).Name.'
  }
  if (diagnosis.unknown && diagnosis.severity === 'warning') {
    return 'Nothing, if some tenants have it: isfuzzy leaves it out where it is missing.'
  }
  if (diagnosis.unknown) return unknownNameRemedy(diagnosis.unknown, suggestions)
  if (diagnosis.kind === 'semantic') return semanticRemedy(suggestions)
  if (/^Expected: ;/.test(diagnosis.message)) {
    return 'End the statement before this place with a semicolon, or join the two with a pipe.'
  }
  if (/^Missing: ["']/.test(diagnosis.message))
    return 'Close the text with the quotation mark that opened it.'
  if (/directive/i.test(diagnosis.message))
    return 'Write comments with // and leave lines that begin with # out.'
  if (/depth|size/i.test(diagnosis.message)) return 'Make the query shorter or nest it less deeply.'
  if (/fragment/i.test(diagnosis.message)) {
    return 'Begin comments with //, end each let statement with a semicolon, and keep one query at the end.'
  }
  return 'Correct the query at the marked place.'
}

function unknownNameRemedy(unknown: 'table' | 'column' | 'function', suggestions: string[]): string {
  const runAnyway = `Run it anyway if the customers' tenants have this ${unknown}; those without it will say so.`
  const caution = 'Names are case-sensitive.'
  return suggestions.length > 0
    ? `Did you mean ${inWords(suggestions)}? ${caution} ${runAnyway}`
    : `Check the name against the schema. ${caution} ${runAnyway}`
}

function semanticRemedy(suggestions: string[]): string {
  const correct =
    suggestions.length > 0
      ? `Did you mean ${inWords(suggestions)}?`
      : 'Compare the types and arguments here with the documentation of the operator or function.'
  return `${correct} Run it anyway if you know that the tenants accept it.`
}

function inWords(names: string[]): string {
  return names.length === 1 ? `${names[0]}` : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`
}
