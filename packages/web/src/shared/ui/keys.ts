/** Whether a key belongs to what is being typed, or to the browser, and not to a shortcut. */
export function isTyping(event: KeyboardEvent): boolean {
  if (event.metaKey || event.ctrlKey || event.altKey) return true
  const target = event.target
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.closest(
        'input:not([type="checkbox"]), textarea, select, dialog[open], [role="menu"]',
      ) !== null)
  )
}
