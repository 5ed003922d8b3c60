import { Outlet, useRouterState } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { LoginGate } from '../features/settings/login-gate.tsx'
import { Icon } from '../shared/ui/icon.tsx'
import { Link } from '../shared/ui/link.tsx'
import { HelpDialog } from './help.tsx'
import { LiveIndicator } from './live-indicator.tsx'
import { Palette } from './palette.tsx'
import { placeOf, places } from './places.ts'
import { useShortcuts } from './shortcuts.ts'
import { ThemeSwitch } from './theme-switch.tsx'
import { WorkspaceSwitch } from './workspace-switch.tsx'
import './shell.css'

type Overlay = 'search' | 'help' | null

/** The frame of every page: places on the left, search and state of the server on top. */
export function Shell() {
  const pathname = useRouterState({ select: (state) => state.location.pathname })
  const [overlay, setOverlay] = useState<Overlay>(null)
  const [menu, setMenu] = useState(false)
  useShortcuts({ search: () => setOverlay('search'), help: () => setOverlay('help') })
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new place closes the menu
  useEffect(() => setMenu(false), [pathname])
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to content
      </a>
      <Sidebar pathname={pathname} open={menu} />
      {menu && (
        <button
          type="button"
          className="shell-scrim"
          aria-label="Close the menu"
          onClick={() => setMenu(false)}
        />
      )}
      <header className="topbar">
        <button
          type="button"
          className="icon-button menu-button"
          aria-label="Menu"
          aria-expanded={menu}
          onClick={() => setMenu(!menu)}
        >
          <Icon name="menu" />
        </button>
        <button type="button" className="search-button" onClick={() => setOverlay('search')}>
          <Icon name="search" size={14} />
          <span>Search</span>
          <kbd>/</kbd>
        </button>
        <div className="topbar-end">
          <WorkspaceSwitch />
          <LiveIndicator />
          <ThemeSwitch />
          <button
            type="button"
            className="icon-button"
            aria-label="Keyboard shortcuts"
            onClick={() => setOverlay('help')}
          >
            <Icon name="help" />
          </button>
        </div>
      </header>
      <main id="main" tabIndex={-1} className="main">
        <LoginGate>
          <Outlet />
        </LoginGate>
      </main>
      {overlay === 'search' && <Palette onClose={() => setOverlay(null)} />}
      {overlay === 'help' && <HelpDialog onClose={() => setOverlay(null)} />}
    </div>
  )
}

function Sidebar({ pathname, open }: { readonly pathname: string; readonly open: boolean }) {
  const current = placeOf(pathname)
  return (
    <nav className={open ? 'sidebar sidebar-open' : 'sidebar'} aria-label="Places">
      <Link href="/" className="brand">
        <img src="/favicon.svg" alt="" width="22" height="22" />
        Kaizen
      </Link>
      <ul>
        {places.map((place) => (
          <li key={place.href} data-place={place.label.toLowerCase()}>
            <Link
              href={place.href}
              aria-current={place === current ? 'page' : undefined}
              title={`g ${place.key}`}
            >
              <Icon name={place.icon} />
              {place.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
