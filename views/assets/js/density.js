const densities = ['comfortable', 'compact']

/** The button that switches how tall rows are; the choice stays in this browser. */
export function offerDensities() {
  for (const button of document.querySelectorAll('[data-density-toggle]')) {
    button.hidden = false
    label(button)
    button.addEventListener('click', () => {
      choose(current() === 'compact' ? 'comfortable' : 'compact')
      label(button)
    })
  }
}

function current() {
  return densities.find(density => density === document.documentElement.dataset.density) ?? 'comfortable'
}

function choose(density) {
  document.documentElement.dataset.density = density
  try {
    localStorage.setItem('density', density)
  } catch {
    // It holds for this page only where storage is closed to us.
  }
}

function label(button) {
  button.querySelector('[data-density-label]').textContent = `Density: ${current()}`
}
