// Runs before the first paint and before any module: the chosen theme, and schema checks without
// generated code (the content security policy of the server forbids it).
globalThis.__zod_globalConfig = { jitless: true }
try {
  const theme = localStorage.getItem('kaizen.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage may be forbidden; the theme of the system stands.
}
