import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { stylesheet } from './catalogue-server.ts'

const folder = new URL('../../views/assets/css/', import.meta.url)

test('the order of the stylesheet names every file once', () => {
  const order: string[] = JSON.parse(readFileSync(new URL('order.json', folder), 'utf8'))

  const files = readdirSync(folder).filter(name => name.endsWith('.css'))

  expect(order.toSorted()).toEqual(files.toSorted())
  expect(order[0]).toBe('layers.css')
})

test('a variable that is read without a fallback is set somewhere', async () => {
  const css = await stylesheet()

  const set = new Set([...css.matchAll(/(--[a-z0-9-]+)\s*:/g)].map(match => match[1]))
  const missing = [...css.matchAll(/var\((--[a-z0-9-]+)\)/g)]
    .map(match => match[1])
    .filter(name => !set.has(name))

  expect(missing).toEqual([])
})
