import { createSidePanel } from './side-panel.js'
import { actOn } from './triage-keys.js'

/**
 * The queue by keyboard: j and k move, Enter opens, x selects, Escape closes;
 * a, s, c and e change incidents, see `triage-keys.js`.
 * Rows keep their place, selection and filters while the panel is open.
 */
const table = () => document.querySelector('[data-queue-table]')
const rows = () => [...document.querySelectorAll('[data-row]')]
const linkOf = row => row?.querySelector('a[data-panel]')
let current = null

const panel = createSidePanel({
  onOpen: link => mark(link.closest('[data-row]')),
})

function mark(row) {
  if (!row) return
  for (const other of rows()) other.classList.remove('is-open')
  row.classList.add('is-open')
  row.scrollIntoView({ block: 'nearest' })
  current = row
}

function move(step) {
  const all = rows()
  const index = all.indexOf(current)
  const next = all[index === -1 ? (step > 0 ? 0 : all.length - 1) : index + step]
  if (!next) return
  mark(next)
  if (panel.isOpen()) panel.open(linkOf(next))
  else linkOf(next).focus({ preventScroll: true })
}

const keys = {
  j: () => move(1),
  k: () => move(-1),
  Enter: () => current && panel.open(linkOf(current)),
  x: () => current?.querySelector('input[type="checkbox"]')?.click(),
  Escape: () => panel.close(),
}

/** On the open incident, else on the selected rows; with none selected, on the current one. */
function triage(key) {
  if (!['a', 's', 'c', 'e'].includes(key)) return false
  if (panel.isOpen()) return actOn(panel.element.querySelector('[data-triage]'), key)
  const isAnySelected = document.querySelector('[data-row] .table__select :checked')
  if (!isAnySelected) current?.querySelector('input[type="checkbox"]')?.click()
  return actOn(document.querySelector('[data-bulk]'), key)
}

function isTyping(target) {
  return (
    target.closest?.('input:not([type="checkbox"]), textarea, select, dialog[open], [contenteditable]') !=
    null
  )
}

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  if (event.key === 'Escape' && panel.isOpen()) {
    event.preventDefault()
    panel.close()
    return
  }
  if (isTyping(event.target)) return
  // Enter on a link or a button does what it says there.
  if (
    event.key === 'Enter' &&
    event.target.closest?.('a, button, summary') &&
    !event.target.matches('a[data-panel]')
  )
    return
  const act = keys[event.key]
  if (!act && !triage(event.key)) return
  event.preventDefault()
  act?.()
})

panel.element.querySelector('[data-panel-previous]').addEventListener('click', () => move(-1))
panel.element.querySelector('[data-panel-next]').addEventListener('click', () => move(1))

const all = document.querySelector('[data-select-all]')
if (all) {
  all.hidden = false
  all.addEventListener('change', () => {
    for (const box of table().querySelectorAll('tbody .table__select input')) box.checked = all.checked
  })
}

// Choosing an order is enough; words are searched with Enter.
document.querySelector('#sort')?.addEventListener('change', event => event.target.form.requestSubmit())

// New arrivals are announced and wait: what one reads never moves by itself.
const announcement = document.querySelector('[data-arrivals]')
const totals = { created: 0, updated: 0 }
const arrivals = new EventSource('/incidents/arrivals')
arrivals.addEventListener('message', event => {
  const { created, updated } = JSON.parse(event.data)
  totals.created += created
  totals.updated += updated
  const words = [
    totals.created > 0 ? `${totals.created} new` : '',
    totals.updated > 0 ? `${totals.updated} changed` : '',
  ].filter(word => word !== '')
  announcement.textContent = `${words.join(', ')}: show`
  announcement.hidden = false
})
