import { semantic } from '../error.ts'

const compiled = new Map<string, RegExp>()
const MOST_KEPT = 500

/**
 * The JavaScript form of an RE2 pattern: inline flags, `(?P<name>…)`, `\A`, `\z`, `\Q…\E` and POSIX classes.
 *
 * @throws KqlError `semantic` when the pattern is none
 */
export function regexOf(pattern: string, flags = ''): RegExp {
  const key = `${flags}/${pattern}`
  const known = compiled.get(key)
  if (known) return known
  const made = compile(pattern, flags)
  if (compiled.size >= MOST_KEPT) compiled.clear()
  compiled.set(key, made)
  return made
}

const posixClasses: Record<string, string> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  digit: '0-9',
  lower: 'a-z',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  word: '\\w',
  xdigit: '0-9A-Fa-f',
}

function compile(pattern: string, flags: string): RegExp {
  let source = pattern
    .replace(/\\Q([\s\S]*?)(?:\\E|$)/g, (_all, text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .replace(/\[:(\w+):\]/g, (all, name: string) => posixClasses[name] ?? all)
    .replaceAll('(?P<', '(?<')
    .replaceAll('\\A', '^')
    .replaceAll('\\z', '$')
  let all = flags
  for (let inline = leadingFlags(source); inline; inline = leadingFlags(source)) {
    source = source.slice(inline[0].length)
    for (const flag of inline[1] ?? '') if ('ims'.includes(flag) && !all.includes(flag)) all += flag
  }
  // Flags in the middle hold for the rest of their group, which JavaScript writes as a group of its own.
  const middle = /\(\?([ims]+)\)/.exec(source)
  if (middle) {
    const rest = source.slice(middle.index + middle[0].length)
    source = `${source.slice(0, middle.index)}(?${middle[1]}:${rest})`
  }
  if (/\\[pP]\{|\\x\{/.test(source)) {
    source = source.replace(/\\x\{([0-9a-f]+)\}/gi, '\\u{$1}')
    all += 'u'
  }
  try {
    return new RegExp(source, all)
  } catch {
    throw semantic(`Regex pattern is ill-formed: '${pattern}'`)
  }
}

function leadingFlags(source: string): RegExpExecArray | null {
  return /^\(\?([imsU]+)\)/.exec(source)
}
