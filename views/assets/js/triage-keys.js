/**
 * Keys that change an incident: a assigns to me, s goes to the status, c to
 * the comment, e sets it to resolved and goes to the classification. They act
 * on the open incident, or else on the selected rows.
 *
 * @param form the form they act on now, null when there is none
 */
export function actOn(form, key) {
  if (!form) return false
  const field = name => form.querySelector(`[name="${name}"]:not([type="hidden"]):not(button)`)
  if (key === 'a') form.querySelector('[data-key="a"]')?.click()
  else if (key === 's') field('status')?.focus()
  else if (key === 'c') field('comment')?.focus()
  else if (key === 'e') {
    const status = field('status')
    if (status) status.value = 'resolved'
    field('classification')?.focus()
  } else return false
  return true
}

function isTyping(target) {
  return target.closest?.('input:not([type="checkbox"]), textarea, select, dialog[open]') != null
}

// The page of one incident; the queue has keys of its own and calls `actOn`.
if (!document.querySelector('[data-queue]')) {
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    if (actOn(document.querySelector('[data-triage]'), event.key)) event.preventDefault()
  })
  // Back to the panel beside a list loads this page in the panel's place; back from here the list is to be loaded.
  const { pathname } = location
  window.addEventListener('popstate', () => {
    if (location.pathname !== pathname) location.reload()
  })
}
