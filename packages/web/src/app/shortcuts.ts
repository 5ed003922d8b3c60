import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { isTyping } from '../shared/ui/keys.ts'
import { places } from './places.ts'

interface Actions {
  readonly search: () => void
  readonly help: () => void
}

/** How long `g` waits for its letter. */
const sequenceMs = 1200

/** `/` and ⌘K search, `?` lists the keys, `g` and a letter go to a place. */
export function useShortcuts(actions: Actions): void {
  const router = useRouter()
  const current = useRef(actions)
  current.current = actions
  useEffect(() => {
    let goPressedAt = Number.NEGATIVE_INFINITY
    const onKey = (event: KeyboardEvent) => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        current.current.search()
        return
      }
      if (isTyping(event)) return
      const going = event.timeStamp - goPressedAt < sequenceMs
      goPressedAt = Number.NEGATIVE_INFINITY
      if (event.key === '/') {
        event.preventDefault()
        current.current.search()
      } else if (event.key === '?') current.current.help()
      else if (going) {
        const place = places.find((one) => one.key === event.key)
        if (place) router.history.push(place.href)
      } else if (event.key === 'g') goPressedAt = event.timeStamp
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [router])
}
