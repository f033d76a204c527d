import { showToast } from './toast.js'

/** Copies of a result: the address that shows the same, and a cell by a double click or Ctrl+C on it. */
document.addEventListener('click', event => {
  if (event.target.closest?.('[data-copy-address]')) copy(location.href, 'Link copied')
})

document.addEventListener('dblclick', event => {
  const cell = event.target.closest?.('[data-result-table] td')
  if (cell) copy(cell.textContent.trim(), 'Cell copied')
})

async function copy(text, words) {
  try {
    await navigator.clipboard.writeText(text)
    showToast(words)
  } catch {
    showToast('This browser does not let the page copy')
  }
}
