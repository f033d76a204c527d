import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { icon } from '../../src/web/icons.ts'
import { givenPage, render } from './render.ts'

const folder = new URL('../../views/partials/', import.meta.url)
const show = (name: string, data: object) => render(`/partials/_${name}`, { page: givenPage(), ...data })

/** Each partial that shows text from outside, given that text everywhere it can stand. */
const showsText: Record<string, (text: string) => object> = {
  badge: text => ({ state: text, text }),
  breadcrumbs: text => ({ breadcrumbs: [{ href: text, label: text }] }),
  code: text => ({ code: { text, label: text } }),
  confirm: text => ({
    confirm: {
      id: 'x',
      button: text,
      action: text,
      title: text,
      text,
      submit: text,
      hidden: { name: text },
      fields: [{ name: 'why', label: text, value: text }],
    },
  }),
  'copy-field': text => ({ copy: { id: 'x', label: text, value: text, hint: text } }),
  'empty-state': text => ({
    empty: { title: text, text, picture: text, action: { href: text, label: text } },
  }),
  'error-summary': text => ({ errors: [{ field: text, message: text }] }),
  facts: text => ({
    facts: [
      { label: text, value: text },
      { label: text, at: text },
      { label: text, tags: [text] },
    ],
  }),
  failure: text => ({
    failure: {
      code: text,
      message: text,
      remedy: text,
      whoseMove: text,
      serviceCode: text,
      requestId: text,
      at: text,
      title: text,
    },
  }),
  'failure-ids': text => ({ failure: { code: text, serviceCode: text, requestId: text, at: text } }),
  field: text => ({
    field: {
      name: text,
      label: text,
      value: text,
      hint: text,
      error: text,
      placeholder: text,
      type: 'textarea',
    },
  }),
  flash: text => ({ flash: { kind: text, text } }),
  notice: text => ({
    notice: {
      kind: text,
      title: text,
      text,
      cause: text,
      remedy: text,
      failure: { message: text, remedy: text, code: text, serviceCode: text, requestId: text, at: text },
      live: true,
    },
  }),
  'page-header': text => ({
    header: { title: text, state: text, summary: text, actions: [{ href: text, label: text }] },
  }),
  pagination: text => ({ pagination: { shown: text, firstHref: text, previousHref: text, nextHref: text } }),
  progress: text => ({ progress: { id: 'x', label: text, text } }),
  search: text => ({ search: { label: text, value: text } }),
  sort: text => ({ sort: { label: text, href: text } }),
  steps: text => ({ steps: [{ label: text, state: text, detail: text }] }),
  strip: text => ({
    strip: { label: text, counts: [{ state: text, count: 1, label: text }], cells: [text] },
  }),
  tabs: text => ({ tabs: [{ href: text, label: text, count: text }], tabsLabel: text }),
  time: text => ({ at: text }),
  timeline: text => ({ events: [{ at: text, title: text, detail: text, by: text, tone: text }] }),
}

const hostile = '"><script>alert(1)</script>\'&lt;'

test.each(Object.entries(showsText))('%s escapes whatever it is given', (name, data) => {
  const html = show(name, data(hostile))

  expect(html).not.toContain('<script')
})

test('an icon that nobody knows is a ring, whatever its name holds', () => {
  for (const name of [hostile, 'toString', '__proto__']) expect(icon(name)).toBe(icon('ring'))
  expect(icon('tenants', 'small')).toContain('<svg class="icon icon--small"')
})

test.each(Object.entries(showsText))('%s has the same tags whatever the words are', (name, data) => {
  const tags = (text: string) => (show(name, data(text)).match(/<\/?[a-z0-9]+/g) ?? []).join('')
  const expected = tags('plain words')

  fc.assert(
    fc.property(
      fc.string({ minLength: 1, unit: fc.constantFrom('<', '>', '"', "'", '&', '/', 'a', ' ', '=') }),
      text => {
        // A text that reads as a date is shown as one, and an empty one is not shown.
        fc.pre(text.trim() !== '' && Number.isNaN(Date.parse(text)))
        expect(tags(text)).toBe(expected)
      },
    ),
  )
})

test('every partial says in its first line what it wants', () => {
  const silent = readdirSync(folder).filter(
    name =>
      !/^<% \/\* .*(Data|are|list)/.test(readFileSync(new URL(name, folder), 'utf8').split('\n')[0] ?? ''),
  )

  expect(silent).toEqual([])
})

test('a state nobody drew is shown in its own words', () => {
  expect(show('badge', { state: 'constructor' })).toContain('constructor</span>')
})

test('a time is shown in UTC and says its moment exactly', () => {
  const html = show('time', { at: '2026-11-22T23:59:30+02:00' })

  expect(html).toContain('<time datetime="2026-11-22T21:59:30.000Z"')
  expect(html).toContain('>22 Nov 2026 21:59 UTC</time>')
})

test.each([
  ['2026-11-22T14:59:30Z', 'just now'],
  ['2026-11-22T14:59:00Z', '1 minute ago'],
  ['2026-11-22T12:30:00Z', '2 hours ago'],
  ['2026-11-20T12:30:00Z', '2 days ago'],
  ['2026-11-22T15:30:00Z', 'in 30 minutes'],
  ['2026-01-01T00:00:00Z', '1 Jan 2026 00:00 UTC'],
])('%s is %s', (at, words) => {
  expect(show('time', { at, now: '2026-11-22T15:00:00Z' })).toContain(`>${words}</time>`)
})

test('a moment that never was is said to be so', () => {
  expect(show('time', { at: null, never: 'not yet' })).toContain('not yet')
})

test('a field that came back ties its mistake and its hint to the control', () => {
  const html = show('field', {
    field: { name: 'tenant', label: 'Tenant', hint: 'A domain', error: 'Not found' },
  })

  expect(html).toContain('aria-describedby="tenant-hint tenant-error"')
  expect(html).toContain('aria-invalid="true"')
  expect(html).toContain('id="tenant-error"')
})

test('a text area keeps the line breaks that its text begins with', () => {
  const html = show('field', { field: { name: 'query', label: 'Query', type: 'textarea', value: '\nTable' } })

  expect(html).toContain('>\n\nTable</textarea>')
})

test('a posted question carries the session’s token and its hidden values', () => {
  const html = show('confirm', {
    confirm: {
      id: 'q',
      button: 'Go…',
      action: '/go',
      title: 'Go?',
      text: 'Now.',
      submit: 'Go',
      hidden: { version: 3 },
    },
  })

  expect(html).toContain('name="_csrf" value="a-token-of-the-form"')
  expect(html).toContain('name="version" value="3"')
})

test('a strip draws each tenant once, wherever its states lie', () => {
  const states = fc.constantFrom('succeeded', 'failed', 'running', 'queued', 'canceled')

  fc.assert(
    fc.property(fc.array(states, { minLength: 1, maxLength: 3000 }), cells => {
      const html = show('strip', {
        strip: { label: 'Tenants', counts: [{ state: 'queued', count: cells.length }], cells },
      })
      const drawn = [...html.matchAll(/M\d+ \d+h(\d+)v1h-\1z/g)].reduce((sum, run) => sum + Number(run[1]), 0)
      expect(drawn).toBe(cells.length)
    }),
    { numRuns: 40 },
  )
})

test('ten thousand tenants are a strip of a few paths', () => {
  const cells = Array.from({ length: 10_000 }, (_, index) => (index % 50 === 0 ? 'failed' : 'succeeded'))

  const html = show('strip', {
    strip: { label: 'Tenants', counts: [{ state: 'succeeded', count: 10_000 }], cells },
  })

  expect(html.match(/<path/g)).toHaveLength(3)
  expect(html.length).toBeLessThan(40_000)
})

test('a page brings its own scripts, after ours', () => {
  const html = render('/layouts/public', { page: givenPage({ scripts: ['hunt.js'] }), body: '<h1>Hunt</h1>' })

  expect(html.match(/src="\/assets\/js\/[a-z-]+\.js"/g)).toEqual([
    'src="/assets/js/theme.js"',
    'src="/assets/js/app.js"',
    'src="/assets/js/hunt.js"',
  ])
})

test('a customer’s page loads htmx only when it has moving parts', () => {
  const htmx = '/assets/vendor/htmx.min.js'

  expect(render('/layouts/public', { page: givenPage(), body: '' })).not.toContain(htmx)
  expect(render('/layouts/public', { page: givenPage({ live: true }), body: '' })).toContain(htmx)
})
