/** Says something to screen readers without moving anything. */
export function announce(text) {
  const announcer = document.getElementById('announcer')
  if (announcer) announcer.textContent = text
}

/**
 * After each partial update, reads out what the new parts marked `data-announce` say.
 * The same words are not said twice for the same element (by its id).
 */
export function announceSwaps() {
  const said = new Map()
  document.addEventListener('htmx:after:swap', () => {
    for (const element of document.querySelectorAll('[data-announce]')) {
      const words = element.dataset.announce || element.textContent.trim().replace(/\s+/g, ' ')
      if (said.get(element.id) === words) continue
      said.set(element.id, words)
      announce(words)
    }
  })
}
