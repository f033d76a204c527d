import type { KqlValue } from '../types.ts'
import type { Bag } from '../values/dynamic.ts'
import { setKey } from '../values/dynamic.ts'
import type { FunctionTable } from './define.ts'
import { define } from './define.ts'

/** The parts of an absolute URL; parts that it lacks are empty. */
function parseUrl(text: string): KqlValue {
  const parts =
    /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d+))?(\/[^?#]*)?(?:\?([^#]*))?(?:#(.*))?$/is.exec(
      text,
    )
  const [
    ,
    scheme = '',
    username = '',
    password = '',
    host = '',
    port = '',
    path = '',
    query = '',
    fragment = '',
  ] = parts ?? []
  return {
    Scheme: scheme,
    Host: host,
    Port: port,
    Path: path,
    Username: username,
    Password: password,
    'Query Parameters': queryParameters(query),
    Fragment: fragment,
  }
}

function queryParameters(query: string): Bag {
  const bag: Bag = {}
  for (const pair of query.split('&').filter(part => part !== '')) {
    const at = pair.indexOf('=')
    setKey(bag, at < 0 ? pair : pair.slice(0, at), at < 0 ? '' : pair.slice(at + 1))
  }
  return bag
}

/** The parts of a Windows, UNC or Unix path, with an optional scheme and alternate data stream. */
function parsePath(text: string): KqlValue {
  const scheme = /^([a-z][a-z0-9+.-]+):\/\//i.exec(text)
  const path = scheme ? text.slice(scheme[0].length) : text
  const root = /^(?:\\\\\?\\)?([a-z]:)/i.exec(path)?.[1] ?? ''
  const at = Math.max(path.lastIndexOf('\\'), path.lastIndexOf('/'))
  const directory = at < 0 ? '' : path.slice(0, at)
  const last = path.slice(at + 1)
  const isRoot = at < 0 && root !== '' && last === root
  const stream = isRoot ? -1 : last.indexOf(':')
  const filename = isRoot ? '' : stream < 0 ? last : last.slice(0, stream)
  const dot = filename.lastIndexOf('.')
  return {
    Scheme: scheme?.[1] ?? '',
    RootPath: root,
    DirectoryPath: directory,
    DirectoryName: /[^\\/]*$/.exec(directory)?.[0] ?? '',
    Filename: filename,
    Extension: dot < 0 ? '' : filename.slice(dot + 1),
    AlternateDataStreamName: stream < 0 ? '' : last.slice(stream + 1),
  }
}

/**
 * The arguments of a Windows command line, split as `CommandLineToArgvW` does: quotes group, and backslashes
 * escape only before a quote.
 */
function parseCommandLine(text: string): string[] {
  const found: string[] = []
  let current = ''
  let started = false
  let quoted = false
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? ''
    if (letter === '\\') {
      const run = /^\\+/.exec(text.slice(at))?.[0].length ?? 1
      const escapes = text[at + run] === '"'
      current += '\\'.repeat(escapes ? Math.floor(run / 2) : run)
      at += run - 1
      started = true
      if (escapes && run % 2 === 1) {
        current += '"'
        at++
      }
    } else if (letter === '"') {
      quoted = !quoted
      started = true
    } else if (!quoted && /\s/.test(letter)) {
      if (started) found.push(current)
      current = ''
      started = false
    } else {
      current += letter
      started = true
    }
  }
  if (started) found.push(current)
  return found
}

/** @see Kusto query language, "parse_url()", "parse_path()", "parse_command_line()" */
export const parsingFunctions: FunctionTable = {
  parse_url: define(['string'], parseUrl),
  parseurl: define(['string'], parseUrl),
  parse_urlquery: define(['string'], text => ({
    'Query Parameters': queryParameters(text.replace(/^\?/, '')),
  })),
  parse_path: define(['string'], parsePath),
  parse_command_line: define(['string', 'string'], (text, parser) => {
    return text !== '' && parser.toLowerCase() === 'windows' ? parseCommandLine(text) : null
  }),
}
