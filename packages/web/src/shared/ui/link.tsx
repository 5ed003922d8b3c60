import { useRouter } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, MouseEvent, ReactNode } from 'react'

interface Props extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> {
  readonly href: string
  readonly children?: ReactNode
}

/** A link to a place of this UI by its address; loads the page's code when the pointer comes near. */
export function Link({ href, onClick, ...rest }: Props) {
  const router = useRouter()
  const open = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey)
    if (event.defaultPrevented || !plain) return
    event.preventDefault()
    router.history.push(href)
  }
  const preload = () => void router.preloadRoute({ to: href }).catch(() => undefined)
  return <a href={href} onClick={open} onPointerEnter={preload} {...rest} />
}
