import { showToast } from './toast.js'

/** `data-copy="text"` copies that text; `data-copy-from="#id"` copies what that element says or holds. */
export function offerCopy() {
  document.addEventListener('click', async event => {
    const button = event.target.closest?.('[data-copy], [data-copy-from]')
    if (!button) return

    const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom)
    const text = source ? (source.value ?? source.textContent) : button.dataset.copy
    try {
      await navigator.clipboard.writeText(text)
      showToast('Copied')
    } catch {
      // Without https (or the permission) there is no clipboard: select it for Ctrl+C instead.
      const field = button.parentElement.querySelector('input, textarea')
      field?.select()
      showToast(field ? 'Press Ctrl+C to copy' : 'This browser does not let the page copy')
    }
  })
}
