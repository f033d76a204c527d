/** Closes an open `details.menu` on Escape and on a click elsewhere, as menus do. */
export function closeMenus() {
  document.addEventListener('click', event => {
    for (const menu of document.querySelectorAll('details.menu[open]')) {
      if (!menu.contains(event.target)) menu.open = false
    }
  })
  document.addEventListener('keydown', event => {
    if (event.key !== 'Escape') return
    const menu = event.target.closest?.('details.menu[open]')
    if (!menu) return
    menu.open = false
    menu.querySelector('summary')?.focus()
  })
}
