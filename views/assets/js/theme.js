// Runs before the first paint, so that a chosen theme or density never flashes: a plain script, not a module.
{
  const root = document.documentElement
  root.classList.add('has-script')
  try {
    const theme = localStorage.getItem('theme')
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme
    if (localStorage.getItem('density') === 'compact') root.dataset.density = 'compact'
  } catch {
    // Storage can be closed to us (private windows, policies); the system's theme is right then.
  }
}
