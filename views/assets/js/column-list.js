/**
 * The queue's columns: their buttons move them within the list at once, and the
 * focus stays on the button. Without a script each move is sent.
 */
const form = document.querySelector('[data-column-form]')

form?.addEventListener('submit', event => {
  const { submitter } = event
  if (submitter?.name !== 'up' && submitter?.name !== 'down') return
  event.preventDefault()
  const item = submitter.closest('li')
  const other = submitter.name === 'up' ? item.previousElementSibling : item.nextElementSibling
  if (submitter.name === 'up') other?.before(item)
  else other?.after(item)
  submitter.focus()
  tell(item)
})

function tell(item) {
  const items = [...item.parentElement.children]
  const place = `${items.indexOf(item) + 1} of ${items.length}`
  form.querySelector('[data-column-news]').textContent =
    `${item.querySelector('label').textContent.trim()}: ${place}`
}
