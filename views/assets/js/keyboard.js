const pages = {
  d: 'dashboard',
  t: 'tenants',
  v: 'invitations',
  i: 'incidents',
  h: 'hunts',
  e: 'devices',
  r: 'readiness',
  a: 'audit',
  s: 'settings',
}
const secondKeyWithinMs = 1200

/** `g` and a letter goes to a page, `/` searches, `?` lists what there is. Silent while one types. */
export function listenForShortcuts() {
  const help = document.getElementById('keyboard-help')
  if (!help) return

  listPages(help)
  for (const hint of document.querySelectorAll('[data-shortcut-hint]')) hint.hidden = false
  let goPressedAt = Number.NEGATIVE_INFINITY
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return

    const isSecondKey = event.timeStamp - goPressedAt < secondKeyWithinMs
    goPressedAt = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY
    const link = isSecondKey ? linkTo(pages[event.key]) : null
    if (link) {
      event.preventDefault()
      location.assign(link.href)
    } else if (event.key === '/') {
      const search = document.querySelector('[data-search]')
      if (!search) return
      event.preventDefault()
      search.focus()
      search.select()
    } else if (event.key === '?' && !help.open) {
      event.preventDefault()
      help.showModal()
    }
  })
}

function isTyping(target) {
  return target.closest?.('input, textarea, select, dialog[open], [contenteditable], .monaco-editor') != null
}

function linkTo(section) {
  return section ? document.querySelector(`.side-nav [data-section="${section}"]`) : null
}

function listPages(help) {
  const list = help.querySelector('[data-shortcuts]')
  for (const [key, section] of Object.entries(pages)) {
    const link = linkTo(section)
    if (!link) continue
    const keys = document.createElement('dt')
    for (const each of ['g', key]) {
      const cap = document.createElement('kbd')
      cap.textContent = each
      keys.append(cap, ' ')
    }
    const meaning = document.createElement('dd')
    meaning.textContent = `Go to ${link.querySelector('span').textContent}`
    list.append(keys, meaning)
  }
}
