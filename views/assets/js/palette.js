const pauseMs = 120

/** Ctrl+K or Cmd+K opens a box that finds anything one may see; arrows choose, Enter goes there. */
export function offerPalette() {
  const palette = document.getElementById('palette')
  if (!palette) return

  const input = palette.querySelector('input')
  const results = palette.querySelector('#palette-results')
  let timer = 0
  let asked = 0

  async function search() {
    const ask = ++asked
    const answer = await fetch(`/search?q=${encodeURIComponent(input.value)}`, {
      headers: { 'hx-request': 'true', accept: 'text/html' },
    }).catch(() => null)
    if (ask !== asked) return
    if (!answer?.ok) {
      results.textContent = 'The search did not answer. Try again in a moment.'
      return
    }
    results.innerHTML = await answer.text()
    for (const [index, hit] of hits().entries()) hit.id = `palette-hit-${index}`
    choose(hits()[0])
  }

  function hits() {
    return [...results.querySelectorAll('[data-hit]')]
  }

  function choose(hit) {
    for (const one of hits()) one.removeAttribute('aria-selected')
    hit?.setAttribute('aria-selected', 'true')
    hit?.scrollIntoView({ block: 'nearest' })
    if (hit) input.setAttribute('aria-activedescendant', hit.id)
    else input.removeAttribute('aria-activedescendant')
  }

  function open() {
    input.value = ''
    palette.showModal()
    search()
  }

  document.addEventListener('keydown', event => {
    if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey) || event.altKey) return
    event.preventDefault()
    if (palette.open) palette.close()
    else open()
  })
  for (const button of document.querySelectorAll('[data-palette]')) {
    button.addEventListener('click', event => {
      event.preventDefault()
      open()
    })
  }
  palette.addEventListener('click', event => {
    if (event.target === palette) palette.close()
  })
  input.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(search, pauseMs)
  })
  input.addEventListener('keydown', event => {
    const all = hits()
    const index = all.findIndex(hit => hit.getAttribute('aria-selected') === 'true')
    if (event.key === 'ArrowDown') choose(all[(index + 1) % all.length])
    else if (event.key === 'ArrowUp') choose(all[(index - 1 + all.length) % all.length])
    else if (event.key === 'Enter' && all[index]) location.assign(all[index].href)
    else return
    event.preventDefault()
  })
}
