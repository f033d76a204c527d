import { copy, valueIn, wholeText } from './result-copy.js'

/**
 * Makes a result's table a grid: the arrow keys go from cell to cell, Enter
 * opens a cell's link, Ctrl+C copies it, and the bar below says which is
 * chosen and what can be done with it.
 *
 * @see ARIA Authoring Practices, "Grid pattern"
 */
export function offerGrid() {
  const main = document.getElementById('main')
  prepareAll()
  new MutationObserver(prepareAll).observe(main, { childList: true, subtree: true })
  main.addEventListener('focusin', event => choose(cellOf(event.target)))
  main.addEventListener('keydown', event => {
    const cell = cellOf(event.target)
    if (cell && act(cell, event)) event.preventDefault()
  })
  main.addEventListener('click', event => {
    const bar = event.target.closest('[data-cell-bar]')
    const cell = bar && chosenIn(gridOf(bar))
    if (cell && event.target.closest('[data-cell-copy]')) copy(wholeText(cell), 'Cell copied')
    if (cell && event.target.closest('[data-row-copy]'))
      copy(wholeText(cell.parentElement.cells[0]), 'Row copied as JSON')
  })
}

const cells = 'tbody :is(td, th)'

/** A table that an update brought is a grid from then on; one tab stop leads into it. */
function prepareAll() {
  for (const grid of document.querySelectorAll('[data-result-grid]:not([role])')) {
    grid.setAttribute('role', 'grid')
    for (const element of grid.querySelectorAll(`${cells}, tbody a`)) element.tabIndex = -1
    const first = grid.querySelector(cells)
    if (first) first.tabIndex = 0
  }
}

function cellOf(target) {
  return target.closest?.('[data-result-grid] tbody :is(td, th)')
}

function gridOf(bar) {
  return bar.parentElement.querySelector('[data-result-grid]')
}

function chosenIn(grid) {
  return grid.querySelector('tbody [data-chosen]')
}

function choose(cell) {
  const grid = cell?.closest('[data-result-grid]')
  if (!grid || 'chosen' in cell.dataset) return
  for (const other of grid.querySelectorAll(`${cells}[tabindex="0"]`)) {
    other.tabIndex = -1
    delete other.dataset.chosen
  }
  cell.tabIndex = 0
  cell.dataset.chosen = ''
  fillBar(grid.closest('.table-region').parentElement.querySelector('[data-cell-bar]'), grid, cell)
}

/** @returns whether the key meant something here */
function act(cell, event) {
  const isCommand = event.ctrlKey || event.metaKey
  if (isCommand && event.key === 'c' && String(getSelection()) === '') {
    copy(wholeText(cell), 'Cell copied')
    return true
  }
  if (event.altKey || event.shiftKey) return false
  if (event.key === 'Enter' && event.target === cell) {
    cell.querySelector('a')?.click()
    return true
  }
  const next = neighbour(cell, event.key, isCommand)
  next?.focus()
  return next !== undefined
}

const rowsOnPage = 10

function neighbour(cell, key, isFar) {
  const { rows } = cell.closest('tbody')
  const row = cell.parentElement
  const move = (down, across) => {
    const wanted = Math.max(0, Math.min(rows.length - 1, row.sectionRowIndex + down))
    return rows[wanted].cells[Math.max(0, Math.min(row.cells.length - 1, cell.cellIndex + across))]
  }
  const all = rows.length + row.cells.length
  switch (key) {
    case 'ArrowUp':
      return move(-1, 0)
    case 'ArrowDown':
      return move(1, 0)
    case 'ArrowLeft':
      return move(0, -1)
    case 'ArrowRight':
      return move(0, 1)
    case 'PageUp':
      return move(-rowsOnPage, 0)
    case 'PageDown':
      return move(rowsOnPage, 0)
    case 'Home':
      return move(isFar ? -all : 0, -all)
    case 'End':
      return move(isFar ? all : 0, all)
  }
}

function fillBar(bar, grid, cell) {
  const column = grid.tHead.rows[0].cells[cell.cellIndex].dataset.column ?? ''
  bar.querySelector('[data-cell-hint]').hidden = true
  bar.querySelector('[data-cell-actions]').hidden = false
  bar.querySelector('[data-cell-column]').textContent = column
  bar.querySelector('[data-cell-value]').textContent = valueIn(cell)
  bar.querySelector('[data-row-copy]').hidden = !cell.parentElement.querySelector('th a')
  for (const link of bar.querySelectorAll('[data-cell-filter]')) {
    const href = column === '' ? null : filtered(column, link.dataset.cellFilter, cell)
    link.hidden = href === null
    if (href) link.href = href
  }
}

/** This view with one more filter; null for a value that is not all here. */
function filtered(column, test, cell) {
  if (cell.querySelector('[data-more]')) return null
  const text = cell.querySelector('[data-null]') ? '' : valueIn(cell)
  const empty = test === 'equals' ? 'isEmpty' : 'isNotEmpty'
  const address = new URL(location.href)
  address.searchParams.delete('offset')
  address.searchParams.append(`f.${column}`, text === '' ? `${empty}:` : `${test}:${text}`)
  return address.pathname + address.search
}
