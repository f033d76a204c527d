import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const read = (path: string) => readFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), 'utf8')

type Row = { number: string; state: string; last: string }

const text = read('docs/security.md')
const rows: Row[] = [...text.matchAll(/^\| (V[\d.]+) \| ([^|]+) \| [^|]* \| ([^|]*) \|$/gm)].map(
  ([, number = '', state = '', last = '']) => ({ number, state, last: last.trim() }),
)
const states = ['held', 'in part', '**gap**', 'does not apply']

/** Whether it is a test's file, or a folder of tests. */
function isThere(name: string): boolean {
  const path = fileURLToPath(new URL(name, import.meta.url))
  return existsSync(`${path}.test.ts`) || (existsSync(path) && !name.endsWith('.ts'))
}

const namesIn = ({ last }: Row) => [...last.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)

test('every row of the table of requirements is read, with a state that there is', () => {
  expect(rows).toHaveLength(text.match(/^\| V\d/gm)?.length ?? 0)
  expect(rows.filter(({ state }) => !states.includes(state))).toEqual([])
})

test('every test that the table of requirements names is there', () => {
  const named = rows.flatMap(row => {
    // What is missing stands in the last column of the others, and may name more than tests.
    const names = row.state === 'held' ? namesIn(row) : namesIn(row).filter(name => /^[a-z-]+\//.test(name))
    return names.map(name => ({ number: row.number, name }))
  })

  expect(named.length).toBeGreaterThan(100)
  expect(named.filter(({ name }) => !isThere(name))).toEqual([])
})

test('what is held names a test, or says that it has none of its own', () => {
  const silent = rows
    .filter(({ state }) => state === 'held')
    .filter(row => namesIn(row).length === 0 && row.last !== 'not tested on its own' && row.last !== '–')

  expect(silent).toEqual([])
})

test('the table of requirements is counted as its first lines say', () => {
  const [held, inPart, gaps, others] = states.map(state => rows.filter(row => row.state === state).length)

  expect(text).toContain(
    `${rows.length} requirements: ${held} held, ${inPart} in part, ${gaps} gaps, ${others} do not apply.`,
  )
})
