/** A form that came back with mistakes starts at their summary. */
export function focusMistakes() {
  document.querySelector('[data-focus]')?.focus()
}
