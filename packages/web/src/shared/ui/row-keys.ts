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
      requestAnimationFrame(() =>
        scroller.current
          ?.querySelector<HTMLElement>(`tr[data-index="${cursor.current}"] :is(a, button)`)
          ?.focus(),
      )
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [enabled, count, scroller])
}
