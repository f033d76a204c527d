/**
 * Opens `a[data-panel]` in a panel over the list: the address changes, Back
 * and Escape close it, a middle click or a click with Ctrl opens the page. The
 * server sends the panel's content to requests with the header `x-panel`.
 *
 * @returns {{ open(link: HTMLAnchorElement): Promise<void>, close(): void, isOpen(): boolean }}
 */
export function createSidePanel({ onOpen = () => {}, onClose = () => {} } = {}) {
  const panel = document.createElement('aside')
  panel.className = 'side-panel'
  panel.hidden = true
  panel.setAttribute('aria-label', 'Details')
  panel.innerHTML = `<div class="side-panel__bar">
    <button class="button button--small button--quiet" type="button" data-panel-previous>Previous</button>
    <button class="button button--small button--quiet" type="button" data-panel-next>Next</button>
    <button class="button button--small button--quiet" type="button" data-panel-close>Close</button>
  </div><div class="side-panel__content" tabindex="-1" aria-live="off"></div>`
  document.body.append(panel)
  const content = panel.querySelector('.side-panel__content')
  const listAddress = location.href
  const listTitle = document.title
  let opener = null
  let asked = 0

  async function show(href) {
    const ask = ++asked
    panel.hidden = false
    panel.setAttribute('aria-busy', 'true')
    const answer = await fetch(href, { headers: { 'x-panel': '1', accept: 'text/html' } }).catch(() => null)
    // A later click overtook this one.
    if (ask !== asked) return
    panel.removeAttribute('aria-busy')
    if (!answer?.ok) {
      // Whatever is wrong, the page itself says it best.
      location.assign(href)
      return
    }
    content.innerHTML = await answer.text()
    content.scrollTop = 0
    content.focus({ preventScroll: true })
    document.title = `${content.querySelector('[data-panel-title]')?.dataset.panelTitle ?? listTitle} · Tenantry`
    if (window.htmx) window.htmx.process(content)
  }

  async function open(link) {
    const isFirst = panel.hidden
    opener = link
    if (isFirst) history.pushState({ panel: link.href }, '', link.href)
    else history.replaceState({ panel: link.href }, '', link.href)
    onOpen(link)
    await show(link.href)
  }

  function hide() {
    panel.hidden = true
    asked++
    content.innerHTML = ''
    document.title = listTitle
    onClose(opener)
    opener?.focus({ preventScroll: true })
  }

  function close() {
    if (panel.hidden) return
    if (history.state?.panel) history.back()
    else hide()
  }

  window.addEventListener('popstate', event => {
    if (event.state?.panel) show(event.state.panel)
    else if (!panel.hidden) hide()
    else if (location.href !== listAddress) location.reload()
  })
  panel.querySelector('[data-panel-close]').addEventListener('click', close)
  document.addEventListener('click', event => {
    const link = event.target.closest?.('a[data-panel]')
    if (!link || event.defaultPrevented || event.button !== 0) return
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    open(link)
  })

  return { open, close, isOpen: () => !panel.hidden, element: panel }
}
