/** `<input type="file" data-read-into="id">` puts the text of a chosen file into that field. */
for (const input of document.querySelectorAll('input[type="file"][data-read-into]')) {
  const field = document.getElementById(input.dataset.readInto)
  input.closest('[hidden]').hidden = false
  input.addEventListener('change', async () => {
    const [file] = input.files
    if (!file || !field) return
    field.value = await file.text()
    field.focus()
  })
}
