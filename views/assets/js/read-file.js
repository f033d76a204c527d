/**
 * `<input type="file" data-read-into="id">` puts the text of a chosen file into
 * that field; several files follow each other, each below a line with its name.
 */
for (const input of document.querySelectorAll('input[type="file"][data-read-into]')) {
  const field = document.getElementById(input.dataset.readInto)
  input.closest('[hidden]').hidden = false
  input.addEventListener('change', async () => {
    const files = [...input.files]
    if (files.length === 0 || !field) return
    const texts = await Promise.all(files.map(readText))
    field.value = input.multiple
      ? files.map((file, index) => `--- # file: ${nameOf(file)}\n${texts[index].trimEnd()}\n`).join('')
      : texts[0]
    field.focus()
  })
}

/** By the byte order mark; Windows PowerShell writes UTF-16 unless told otherwise. */
async function readText(file) {
  const bytes = new Uint8Array(await file.arrayBuffer())
  const [first, second] = bytes
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes)
  return new TextDecoder().decode(bytes)
}

function nameOf(file) {
  return (file.webkitRelativePath || file.name).replaceAll(/[\r\n]/g, ' ')
}
