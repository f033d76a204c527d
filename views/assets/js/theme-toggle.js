const themes = ['system', 'light', 'dark']

/** The button that walks through system, light and dark; the choice stays in this browser. */
export function offerThemes() {
  for (const button of document.querySelectorAll('[data-theme-toggle]')) {
    button.hidden = false
    label(button)
    button.addEventListener('click', () => {
      choose(themes[(themes.indexOf(current()) + 1) % themes.length])
      label(button)
    })
  }
}

function current() {
  return document.documentElement.dataset.theme ?? 'system'
}

function choose(theme) {
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
  try {
    localStorage.setItem('theme', theme)
  } catch {
    // It holds for this page only where storage is closed to us.
  }
}

function label(button) {
  button.querySelector('[data-theme-label]').textContent = `Theme: ${current()}`
}
