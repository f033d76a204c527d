import { z } from 'zod'
import type { QueryDraft, SavedQueryView } from '../../../hunting/library/model.ts'
import { type Tactic, tacticNames, tactics } from '../../../hunting/library/tactics.ts'
import { readInput } from '../../read-input.ts'

const text = (most: number) => z.string().max(most).catch('').default('')

const form = z.object({
  name: text(1000),
  description: text(10_000),
  tactic: text(50),
  techniques: text(1000),
  tags: text(1000),
  query: text(300_000),
  version: z.coerce.number().int().catch(0).default(0),
  allowUnknownNames: z.literal('true').optional().catch(undefined),
})

/** What stands in the form of a saved query. */
export type QueryForm = z.infer<typeof form>

export const tacticOptions = [
  { value: '', label: 'None' },
  ...tacticNames.map(name => ({ value: name, label: tactics[name] })),
]

/** Never throws: what makes no sense counts as not given, and saving says what is wrong. */
export function readQueryForm(body: unknown): QueryForm {
  const read = readInput(form, body)
  return { ...read, query: read.query.replaceAll('\r\n', '\n') }
}

export function toDraft({ name, description, tactic, techniques, tags, query }: QueryForm): QueryDraft {
  return {
    name,
    description,
    tactic: readTactic(tactic),
    techniques: list(techniques).map(technique => technique.toUpperCase()),
    tags: list(tags),
    query,
  }
}

export function formOf(saved: SavedQueryView): QueryForm {
  const { name, description, tactic, techniques, tags, query, version } = saved
  return {
    name,
    description,
    tactic: tactic ?? '',
    techniques: techniques.join(', '),
    tags: tags.join(', '),
    query,
    version,
    allowUnknownNames: undefined,
  }
}

export function readTactic(text: string | undefined): Tactic | null {
  return tacticNames.find(name => name === text) ?? null
}

/** Values of parameters in a form: fields called `parameter.<name>`. */
export function readParameters(body: unknown): Record<string, string> {
  if (typeof body !== 'object' || body === null) return {}
  return Object.fromEntries(
    Object.entries(body).flatMap(([name, value]) =>
      name.startsWith('parameter.') && typeof value === 'string'
        ? [[name.slice('parameter.'.length), value.slice(0, 10_000)]]
        : [],
    ),
  )
}

/** Fields of a form for the parameters of a query, filled with what was typed, else the defaults. */
export function parameterFields(
  { parameters }: Pick<SavedQueryView, 'parameters'>,
  typed: Record<string, string>,
  errors: Record<string, string>,
) {
  return parameters.map(({ name, type, defaultValue }) => ({
    name: `parameter.${name}`,
    id: `parameter-${name.replace(/\W+/g, '-')}`,
    label: name,
    type: type === 'bool' ? 'select' : 'text',
    ...(type === 'bool' && { options: ['true', 'false'].map(value => ({ value, label: value })) }),
    value: typed[name] ?? defaultValue ?? '',
    error: errors[`parameter.${name}`],
    hint: hints[type],
    optional: defaultValue !== null && type !== 'bool',
    autocomplete: 'off',
  }))
}

const hints: Record<string, string | undefined> = {
  timespan: 'A span of time, such as 7d or 12h',
  datetime: 'A time in UTC, such as 2026-11-01T08:00',
  long: 'A whole number',
  int: 'A whole number',
  real: 'A number',
  guid: 'An id',
}

function list(text: string): string[] {
  return text
    .split(/[,\s]*,[,\s]*|\n/)
    .map(item => item.trim())
    .filter(item => item !== '')
}
