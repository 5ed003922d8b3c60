import { lazy, Suspense, useState } from 'react'
import { Icon } from '../shared/ui/icon.tsx'
import { useTheme } from './theme.ts'
import { look } from './theme-look.ts'

// The menu is rarely opened: what it is made of is not part of the first script.
const loadMenu = () => import('./theme-menu.tsx')
const ThemeMenu = lazy(async () => ({ default: (await loadMenu()).ThemeMenu }))

/** The button that shows the theme, and at the first press loads the menu that changes it. */
export function ThemeSwitch() {
  const [wanted, setWanted] = useState(false)
  const button = <ThemeButton onOpen={() => setWanted(true)} />
  return wanted ? (
    <Suspense fallback={button}>
      <ThemeMenu />
    </Suspense>
  ) : (
    button
  )
}

function ThemeButton({ onOpen }: { readonly onOpen: () => void }) {
  const [theme] = useTheme()
  return (
    <button
      type="button"
      className="icon-button"
      aria-label={`Theme: ${look[theme].label}`}
      aria-haspopup="menu"
      onPointerEnter={() => void loadMenu()}
      onClick={onOpen}
    >
      <Icon name={look[theme].icon} />
    </button>
  )
}
