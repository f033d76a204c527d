import { copy, wholeText } from './result-copy.js'
import { offerGrid } from './result-grid.js'

/** A result's page: the address that shows the same, and its cells. */
offerGrid()

document.addEventListener('click', event => {
  if (event.target.closest?.('[data-copy-address]')) copy(location.href, 'Link copied')
})

document.addEventListener('dblclick', event => {
  const cell = event.target.closest?.('[data-result-table] td')
  if (cell) copy(wholeText(cell), 'Cell copied')
})
