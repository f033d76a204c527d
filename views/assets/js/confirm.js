/**
 * `data-confirm="Question?"` on a form asks before it is sent; `data-confirm-label` names the button.
 * For anything that cannot be undone use the `_confirm` partial, which asks without scripts too.
 */
export function askBeforeSubmit() {
  document.addEventListener(
    'submit',
    event => {
      const form = event.target
      if (!form.dataset.confirm || form.dataset.confirmed) return

      event.preventDefault()
      event.stopImmediatePropagation()
      const submitter = event.submitter
      ask(
        form.dataset.confirm,
        form.dataset.confirmLabel ?? submitter?.textContent.trim() ?? 'Continue',
        () => {
          form.dataset.confirmed = 'yes'
          form.requestSubmit(submitter)
          delete form.dataset.confirmed
        },
      )
    },
    true,
  )
}

function ask(question, label, onYes) {
  const dialog = document.createElement('dialog')
  dialog.className = 'dialog'
  const title = document.createElement('p')
  title.className = 'dialog__title'
  title.id = 'confirm-question'
  title.textContent = question
  const actions = document.createElement('form')
  actions.method = 'dialog'
  actions.className = 'dialog__actions'
  actions.append(button('Cancel', 'no', ''), button(label, 'yes', ' button--primary'))
  dialog.setAttribute('aria-labelledby', title.id)
  dialog.append(title, actions)
  dialog.addEventListener('close', () => {
    dialog.remove()
    if (dialog.returnValue === 'yes') onYes()
  })
  document.body.append(dialog)
  dialog.showModal()
}

function button(text, value, modifier) {
  const element = document.createElement('button')
  element.className = `button${modifier}`
  element.value = value
  element.textContent = text
  return element
}
