import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { settingNames, settingsTable } from '../../src/settings/settings-table.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
const section = readme.split('\n## Settings\n')[1]?.split('\n## ')[0] ?? ''

/** README's rows: the names of the first cell, the default of the second. */
const rows = section
  .split('\n')
  .filter(line => line.startsWith('| `'))
  .map(line => line.split('|').map(cell => cell.trim()))
  .map(([, names = '', fallback = '']) => ({
    names: [...names.matchAll(/`([A-Z_]+)`/g)].map(match => match[1]),
    fallback,
  }))

test('README lists every setting once, and none that does not exist', () => {
  expect(rows.flatMap(({ names }) => names).sort()).toEqual([...settingNames].sort())
})

test.each(settingNames.filter(name => ['string', 'number'].includes(typeof settingsTable[name].fallback)))(
  'README says what holds without %s',
  name => {
    const row = rows.find(({ names }) => names.includes(name))
    const fallbacks = row?.fallback.replaceAll('`', '').split(', ')

    expect(fallbacks?.[row?.names.indexOf(name) ?? -1]).toBe(String(settingsTable[name].fallback))
  },
)

test('README names the secrets that can be read from a file', () => {
  const sentence = /^A secret \(([^)]*)\)/m.exec(section)?.[1] ?? ''
  const named = [...sentence.matchAll(/`([A-Z_]+)`/g)].map(match => match[1])

  expect(named.sort()).toEqual(settingNames.filter(name => settingsTable[name].isSecret).sort())
})
