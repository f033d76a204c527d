import { regexOf } from '../scalar/regex.ts'
import type { KqlValue } from '../types.ts'
import { convert, toText } from '../values/convert.ts'
import { parseJson } from '../values/dynamic.ts'
import type { FunctionTable, ScalarFunction } from './define.ts'
import { define, listOf, variadic } from './define.ts'

function indexOf(text: string, wanted: string, start = 0, length = -1, occurrence = 1): number | null {
  if (length < -1 || occurrence < 1) return null
  const from = start < 0 ? Math.max(0, text.length + start) : start
  const to = length < 0 ? text.length : Math.min(text.length, from + length)
  let at = from - 1
  for (let found = 0; found < occurrence; found++) {
    // Empty text is found everywhere, the last time at the very end.
    at = at >= text.length ? -1 : text.indexOf(wanted, at + 1)
    if (at < 0 || at + wanted.length > to) return -1
  }
  return at
}

function countOf(text: string, wanted: string, kind = 'normal'): number {
  if (kind === 'regex') return [...text.matchAll(regexOf(wanted, 'g'))].length
  if (wanted === '') return 0
  let count = 0
  // Occurrences of plain text may overlap.
  for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) count++
  return count
}

/** By characters, as `strlen` counts them: one outside of the basic plane is not cut in two. */
function substring(text: string, start: number, length?: number): string {
  if (/[\ud800-\udfff]/.test(text)) return sliced([...text], start, length).join('')
  return sliced(text, start, length)
}

function sliced<T extends string | string[]>(text: T, start: number, length?: number): T {
  const from = start < 0 ? Math.max(0, text.length + start) : start
  return text.slice(from, length === undefined ? undefined : from + Math.max(0, length)) as T
}

function split(text: string, delimiter: string, index?: number): KqlValue {
  const parts = delimiter === '' ? [text] : text.split(delimiter)
  if (index === undefined) return parts
  const part = parts[index]
  return part === undefined ? [] : [part]
}

// Named groups are not kept apart; groups are numbered as in the pattern.
function extract(pattern: string, group: number, text: string): string | null {
  return regexOf(pattern).exec(text)?.[group] ?? ''
}

function extractAll(pattern: string, text: string, groups?: KqlValue[]): KqlValue {
  const found = [...text.matchAll(regexOf(pattern, 'g'))]
  if (found.length === 0) return null
  return found.map(match => {
    if (match.length === 1) return match[0]
    const parts = groups
      ? groups.map(group => match[Number(group)] ?? '')
      : match.slice(1).map(part => part ?? '')
    return parts.length === 1 ? (parts[0] ?? '') : parts
  })
}

// RE2 refers to groups as \1; in JavaScript's replacement text `$` is what must be escaped.
function replaceRegex(text: string, pattern: string, replacement: string): string {
  const own = replacement.replaceAll('$', '$$$$').replace(/\\(\d)/g, (_all, group: string) => `$${group}`)
  return text.replace(regexOf(pattern, 'g'), own.replaceAll('$0', '$&'))
}

/** `extract(regex, group, text[, typeof(type)])`: the binder's result type says what the match becomes. */
const extractTyped: ScalarFunction = (args, type) => {
  const plain = define(['string', 'long', 'string'], extract)(args.slice(0, 3), 'string')
  if (type === 'string') return plain
  const { eval: inner } = plain
  return { type, eval: row => convert(inner(row), 'string', type) }
}

const extractAllAny: ScalarFunction = (args, type) => {
  if (args.length < 3) return define(['string', 'string'], (p, text) => extractAll(p, text))(args, type)
  return define(['string', 'dynamic', 'string'], (p, groups, text) => extractAll(p, text, listOf(groups)))(
    args,
    type,
  )
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false
  return true
}

function trimmer(source: (pattern: string) => string): (pattern: string, text: string) => string {
  return (pattern, text) => text.replace(regexOf(source(pattern), 'g'), '')
}

/** @see Kusto query language, "Scalar functions", string functions */
export const stringFunctions: FunctionTable = {
  strlen: define(['string'], text => [...text].length),
  string_size: define(['string'], text => Buffer.byteLength(text)),
  tolower: define(['string'], text => text.toLowerCase()),
  toupper: define(['string'], text => text.toUpperCase()),
  isempty: define(['string'], text => text === ''),
  isnotempty: define(['string'], text => text !== ''),
  notempty: define(['string'], text => text !== ''),
  isascii: define(['string'], isAscii),
  isutf8: define(['string'], text => text.isWellFormed()),
  reverse: define(['string'], text => [...text].reverse().join('')),
  strcat: variadic('string', values => values.join('')),
  strcat_delim: variadic('string', ([delimiter = '', ...rest]) => rest.join(delimiter)),
  strrep: define(['string', 'long', 'string?'], (text, times, delimiter = '') => {
    return Array(Math.max(0, Math.min(times, 1024)))
      .fill(text)
      .join(delimiter)
  }),
  strcmp: define(['string', 'string'], (a, b) => (a < b ? -1 : a > b ? 1 : 0)),
  substring: define(['string', 'long', 'long?'], substring),
  indexof: define(['string', 'string', 'long?', 'long?', 'long?'], indexOf),
  indexof_regex: define(['string', 'string'], (text, pattern) => text.search(regexOf(pattern))),
  countof: define(['string', 'string', 'string?'], countOf),
  split: define(['string', 'string', 'long?'], split),
  trim: define(
    ['string', 'string'],
    trimmer(pattern => `^(?:${pattern})+|(?:${pattern})+$`),
  ),
  trim_start: define(
    ['string', 'string'],
    trimmer(pattern => `^(?:${pattern})+`),
  ),
  trim_end: define(
    ['string', 'string'],
    trimmer(pattern => `(?:${pattern})+$`),
  ),
  replace_string: define(['string', 'string', 'string'], (text, lookup, by) => {
    return lookup === '' ? text : text.replaceAll(lookup, () => by)
  }),
  replace_regex: define(['string', 'string', 'string'], replaceRegex),
  replace: define(['string', 'string', 'string'], (pattern, by, text) => replaceRegex(text, pattern, by)),
  replace_strings: define(['string', 'dynamic', 'dynamic'], (text, lookups, by) => {
    const replacements = listOf(by) ?? []
    return (listOf(lookups) ?? []).reduce<string>((result, lookup, index) => {
      const wanted = toText(lookup, 'dynamic')
      return wanted === ''
        ? result
        : result.replaceAll(wanted, () => toText(replacements[index] ?? '', 'dynamic'))
    }, text)
  }),
  extract: extractTyped,
  extract_all: extractAllAny,
  translate: define(['string', 'string', 'string'], (search, replacement, text) => {
    const [from, to] = [[...search], [...replacement]]
    const last = to.at(-1) ?? ''
    return [...text]
      .map(letter => (from.includes(letter) ? (to[from.indexOf(letter)] ?? last) : letter))
      .join('')
  }),
  to_utf8: define(['string'], text => [...text].map(letter => letter.codePointAt(0) ?? 0)),
  unicode_codepoints_from_string: define(['string'], text =>
    [...text].map(letter => letter.codePointAt(0) ?? 0),
  ),
  make_string: variadic('dynamic', fromCodePoints),
  unicode_codepoints_to_string: variadic('dynamic', fromCodePoints),
  parse_csv: define(['string'], text => csvFields(text)),
  extract_json: define(['string', 'string'], jsonAt),
  extractjson: define(['string', 'string'], jsonAt),
}

function fromCodePoints(values: KqlValue[]): string | null {
  const codes = values.flat().map(Number)
  const valid = codes.every(code => Number.isInteger(code) && code >= 0 && code <= 0x10ffff)
  return valid ? String.fromCodePoint(...codes) : null
}

/** The fields of one CSV record; quotes are doubled inside quoted fields. */
function csvFields(text: string): string[] {
  const line = text.split(/\r?\n/, 1)[0] ?? ''
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(match => {
    return match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"')
  })
}

/** The value at a JSON path such as `$.a.b[0]['c']` inside JSON text. */
function jsonAt(path: string, text: string): string {
  let value = parseJson(text)
  for (const step of path.matchAll(/\.([^.[\]]+)|\[(?:'([^']*)'|"([^"]*)"|(\d+))\]/g)) {
    const name = step[1] ?? step[2] ?? step[3]
    if (typeof value !== 'object' || value === null) return ''
    value =
      (name === undefined ? listOf(value)?.[Number(step[4])] : (value as Record<string, KqlValue>)[name]) ??
      null
  }
  return toText(value, 'dynamic')
}
