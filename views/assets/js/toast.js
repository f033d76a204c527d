import { announce } from './announce.js'

const shownForMs = 2500
let toast
let timer

/** Says something in passing at the foot of the window. */
export function showToast(text) {
  toast ??= makeToast()
  toast.textContent = text
  if (!toast.matches(':popover-open')) toast.showPopover()
  announce(text)
  clearTimeout(timer)
  timer = setTimeout(() => toast.hidePopover(), shownForMs)
}

function makeToast() {
  const element = document.createElement('div')
  element.className = 'toast'
  element.popover = 'manual'
  // The announcer says it.
  element.setAttribute('aria-hidden', 'true')
  document.body.append(element)
  return element
}
