import { type RefObject, useEffect, useRef } from 'react'
import { isTyping } from './keys.ts'

/** `j` and `k` walk the rows of the page's primary table; the focus goes to the row's link, so Enter opens it. */
export function useRowKeys(
  enabled: boolean,
  count: number,
  scroller: RefObject<HTMLElement | null>,
  scrollTo: (index: number) => void,
): void {
  const cursor = useRef(-1)
  const move = useRef(scrollTo)
  move.current = scrollTo
  useEffect(() => {
    if (!enabled || count === 0) return
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) || (event.key !== 'j' && event.key !== 'k')) return
      const focused = scroller.current?.querySelector('tr:focus-within')?.getAttribute('data-index')
      const from = focused ? Number(focused) : cursor.current
      cursor.current = Math.max(0, Math.min(count - 1, from + (event.key === 'j' ? 1 : -1)))
      move.current(cursor.current)
      // A row that was out of view is drawn in the next frame.
      if (!focusRow(scroller.current, cursor.current)) {
        requestAnimationFrame(() => focusRow(scroller.current, cursor.current))
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [enabled, count, scroller])
}

/** `x` chooses the row that has the focus. */
export function useChooseKey(
  enabled: boolean,
  scroller: RefObject<HTMLElement | null>,
  choose: (index: number) => void,
): void {
  const chosen = useRef(choose)
  chosen.current = choose
  useEffect(() => {
    if (!enabled) return
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'x' || isTyping(event)) return
      const row = scroller.current?.querySelector('tr:focus-within')?.getAttribute('data-index')
      if (row) chosen.current(Number(row))
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [enabled, scroller])
}

/** Keys of a page that act on the row in focus; null where no row has it. */
export function useActionKeys(
  keys: Readonly<Record<string, (index: number | null) => void>> | undefined,
  scroller: RefObject<HTMLElement | null>,
): void {
  const current = useRef(keys)
  current.current = keys
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const act = current.current?.[event.key]
      if (!act || isTyping(event)) return
      const row = scroller.current?.querySelector('tr:focus-within')?.getAttribute('data-index')
      // The key must not be typed into the field that it may open.
      event.preventDefault()
      act(row ? Number(row) : null)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [scroller])
}

function focusRow(table: HTMLElement | null, index: number): boolean {
  const target = table?.querySelector<HTMLElement>(`tr[data-index="${index}"] :is(a, button)`)
  target?.focus()
  return target !== null && target !== undefined
}
