import { type RefObject, useLayoutEffect, useRef, useState } from 'react'

/** The width of an element in pixels, kept up to date; 0 before it is known. */
export function useWidth<E extends HTMLElement>(): readonly [RefObject<E | null>, number] {
  const element = useRef<E>(null)
  return [element, useWidthOf(element, true)]
}

/** The same of an element that something else holds, while it is there. */
export function useWidthOf(element: RefObject<HTMLElement | null>, there: boolean): number {
  const [width, setWidth] = useState(0)
  useLayoutEffect(() => {
    const target = there ? element.current : null
    if (!target) return
    setWidth(target.clientWidth)
    const observer = new ResizeObserver(() => setWidth(target.clientWidth))
    observer.observe(target)
    return () => observer.disconnect()
  }, [element, there])
  return width
}
