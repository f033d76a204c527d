/** Says something to screen readers without moving anything. */
export function announce(text) {
  const announcer = document.getElementById('announcer')
  if (announcer) announcer.textContent = text
}

/**
 * Reads out what elements marked `data-announce` say when an update changes it (htmx, server-sent events,
 * a script). They are told apart by their id, so the element itself may be replaced.
 *
 * Watches the document, because htmx tells of a swap on the element that asked for it, and that one is gone
 * after it replaced itself.
 */
export function announceChanges() {
  const said = new Map()
  const news = () => {
    const changed = []
    for (const element of document.querySelectorAll('[data-announce]')) {
      const words = element.dataset.announce || element.textContent.trim().replace(/\s+/g, ' ')
      if (said.get(element.id) !== words) changed.push(words)
      said.set(element.id, words)
    }
    return changed.join('. ')
  }

  news()
  const main = document.getElementById('main')
  if (!main) return
  new MutationObserver(() => {
    const words = news()
    if (words) announce(words)
  }).observe(main, { childList: true, subtree: true, characterData: true })
}
