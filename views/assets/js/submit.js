/** Ctrl+Enter or Cmd+Enter in a `data-submit-on-ctrl-enter` field sends its form. */
export function submitOnCtrlEnter() {
  document.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.isComposing) return
    const field = event.target.closest?.('[data-submit-on-ctrl-enter]')
    if (!field?.form) return
    event.preventDefault()
    field.form.requestSubmit()
  })
}
