import { showToast } from './toast.js'

/** Copies of a result: the address that shows the same, and a cell by a double click or Ctrl+C on it. */
for (const button of document.querySelectorAll('[data-copy-address]')) button.hidden = false

document.addEventListener('click', event => {
  if (event.target.closest?.('[data-copy-address]')) copy(location.href, 'Link copied')
})

document.addEventListener('dblclick', event => {
  const cell = event.target.closest?.('[data-result-table] td')
  if (cell) copy(cell.textContent.trim(), 'Cell copied')
})

// The events bring the finished page; what was hidden for want of a script is hidden there again.
document.addEventListener('htmx:after:swap', () => {
  for (const button of document.querySelectorAll('[data-copy-address]')) button.hidden = false
})

async function copy(text, words) {
  try {
    await navigator.clipboard.writeText(text)
    showToast(words)
  } catch {
    showToast('This browser does not let the page copy')
  }
}
