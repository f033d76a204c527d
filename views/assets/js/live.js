/**
 * The place that the address names may be in a part that was not there when the page was. Watches the document:
 * htmx tells of a swap on the element that asked for it, and that one is gone after it replaced itself.
 */
export function goToNamedPlace() {
  const id = decodeURIComponent(location.hash.slice(1))
  const main = document.getElementById('main')
  if (!id || !main || document.getElementById(id)) return
  const observer = new MutationObserver(() => {
    const place = document.getElementById(id)
    if (!place) return
    observer.disconnect()
    place.scrollIntoView()
  })
  observer.observe(main, { childList: true, subtree: true })
}

/**
 * Says it when a part of the page that was to be loaded never came: the server was not there, or the connection
 * broke. An answer that is an error shows itself, as every answer does.
 */
export function tellFailedParts() {
  document.addEventListener('htmx:error', event => {
    const part = event.target instanceof Element ? event.target.closest('[data-live]') : null
    if (!part) return
    part.querySelector('.live__waiting').hidden = true
    part.querySelector('.live__failed').hidden = false
  })
}
