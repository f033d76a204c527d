import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('..', import.meta.url))

/** The code of all files below a folder, without comments. */
function codeBelow(folder: string, endings: RegExp): string[] {
  return readdirSync(`${root}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter(file => endings.test(file) && !/^generated|node_modules/.test(file))
    .map(file => readFileSync(`${root}${folder}/${file}`, 'utf8'))
    .map(text => text.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$/gm, ''))
}

/** Where the bracket that opens at `open` is closed. */
function closing(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if ('([{'.includes(text[at] ?? '')) depth++
    if (')]}'.includes(text[at] ?? '') && --depth === 0) return at
  }
  return text.length
}

const statements = new Set(['if', 'for', 'while', 'switch', 'catch', 'return', 'await', 'constructor'])

/** Functions that types and objects have: `name(…): Type`, `name(…) {`, `name: (…) =>`. */
function membersOf(text: string): string[] {
  const methods = [...text.matchAll(/^ +(?:async )?\*?(\w+)\??(?:<[^<>]*>)?\(/gm)]
    .filter(match => /^\s*[:{]/.test(text.slice(closing(text, match.index + match[0].length - 1) + 1)))
    .map(match => match[1] ?? '')
  const functions = [...text.matchAll(/^ +(\w+)\??: (?:async )?\([^\n]*=>/gm)].map(match => match[1] ?? '')
  return [...methods, ...functions].filter(name => !statements.has(name))
}

/** Members that are read: after a dot, and by taking an object apart. */
function usesIn(text: string): string[] {
  const accesses = [...text.matchAll(/\.\s*([a-zA-Z_]\w*)/g)].map(match => match[1] ?? '')
  const takenApart = [...text.matchAll(/\{/g)].flatMap(({ index }) => {
    const end = closing(text, index)
    const isPattern = /^\s*(=[^=>]|:|of\b|(,[^(){}]*)?\)\s*(=>|:))/.test(text.slice(end + 1, end + 200))
    return isPattern ? (text.slice(index + 1, end).match(/\w+/g) ?? []) : []
  })
  return [...accesses, ...takenApart]
}

function callsIn(text: string): string[] {
  return [...text.matchAll(/\.\s*(\w+)(?:\?\.)?\(/g)].map(match => match[1] ?? '')
}

test('what the application’s objects can do is called by the application, not by tests alone', () => {
  const source = codeBelow('src', /\.ts$/)
  const callers = [...source, ...codeBelow('bench', /\.ts$/), ...codeBelow('scripts', /\.(ts|mjs)$/)]
  const used = new Set([...callers, ...codeBelow('views', /\.(eta|js)$/)].flatMap(usesIn))
  const calledByTests = new Set(codeBelow('test', /\.ts$/).flatMap(callsIn))

  const members = new Set(source.flatMap(membersOf))
  const onlyTests = [...members].filter(name => !used.has(name) && calledByTests.has(name))

  expect(members.size).toBeGreaterThan(300)
  expect(onlyTests).toEqual([])
})

test('a member that only a test calls is seen, however it is declared or called', () => {
  const source = `
export type Things = {
  /** Gets one. */
  one(id: string): Promise<string>
  two?(): void
  three: (id: string) => string
}
export function createThings() {
  const { two } = other
  return {
    async one(id) {
      return await inner.three(id)
    },
    four: () => 4,
  }
}`

  expect(new Set(membersOf(source))).toEqual(new Set(['one', 'two', 'three', 'four']))
  expect(new Set(usesIn(source))).toEqual(new Set(['two', 'three']))
  expect(usesIn('for (const { five } of all) { six.seven?.() }')).toEqual(['seven', 'five'])
})
