import { showToast } from './toast.js'

/** @param text what to copy, or the promise of it */
export async function copy(text, words) {
  try {
    // As a promise, so that a browser that asks for a click still counts it as one.
    const blob = Promise.resolve(text).then(whole => new Blob([whole], { type: 'text/plain' }))
    await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })])
    showToast(words)
  } catch {
    showToast('This browser does not let the page copy')
  }
}

/**
 * What a cell of a result holds: all of it, although the table shows long
 * values cut. For the cell with the row's number, the row as JSON.
 *
 * @returns text, or the promise of it when it has to be fetched from the row's own page
 */
export function wholeText(cell) {
  if (cell.tagName === 'TH') return fromRowPage(cell.parentElement, page => page.querySelector('#row-json'))
  if (cell.querySelector('[data-null]')) return ''
  if (!cell.querySelector('[data-more]')) return valueIn(cell)
  const value = cell.cellIndex - 1
  return fromRowPage(cell.parentElement, page => page.querySelectorAll('[data-row-value]')[value])
}

async function fromRowPage(row, find) {
  const answer = await fetch(row.querySelector('th a').href)
  if (!answer.ok) throw new Error(`the row's page answered ${answer.status}`)
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html')
  return valueIn(find(page))
}

/** The value that an element shows, without the line's end that its template puts behind. */
export function valueIn(element) {
  return element.textContent.replace(/\n$/, '')
}
